import { testSensealg } from "@fluxion/testkit";
import { interpolatingAdjoint } from "./interpolating-adjoint.ts";

testSensealg(interpolatingAdjoint);
