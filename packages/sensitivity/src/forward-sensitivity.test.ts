import { testSensealg } from "@fluxion/testkit";
import { forwardSensitivity } from "./forward-sensitivity.ts";

testSensealg(forwardSensitivity);
