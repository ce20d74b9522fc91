import { testAlgorithm } from "@fluxion/testkit";
import { vcab5 } from "./vcab5.ts";

testAlgorithm(vcab5, { order: 5, denseOrder: 5, errorOrder: 5, startSteps: 4 });
