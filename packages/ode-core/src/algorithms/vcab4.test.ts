import { testAlgorithm } from "@fluxion/testkit";
import { vcab4 } from "./vcab4.ts";

testAlgorithm(vcab4, { order: 4, denseOrder: 4, errorOrder: 4, startSteps: 3 });
