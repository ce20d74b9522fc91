import { testSensealg } from "@fluxion/testkit";
import { discreteAdjoint } from "./discrete-adjoint.ts";

testSensealg(discreteAdjoint, { discrete: true });
