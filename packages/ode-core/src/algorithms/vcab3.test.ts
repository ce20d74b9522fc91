import { testAlgorithm } from "@fluxion/testkit";
import { vcab3 } from "./vcab3.ts";

testAlgorithm(vcab3, { order: 3, denseOrder: 3, errorOrder: 3, startSteps: 2 });
