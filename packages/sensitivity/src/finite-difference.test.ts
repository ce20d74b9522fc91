import { testSensealg } from "@fluxion/testkit";
import { finiteDifference } from "./finite-difference.ts";

testSensealg(finiteDifference, { tolerance: 1e-7 });
