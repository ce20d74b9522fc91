import { testAlgorithm } from "@fluxion/testkit";
import { vern7 } from "./vern7.ts";

testAlgorithm(vern7, { order: 7, denseOrder: 7, errorOrder: 7, floor: 2e-10, above: 2, below: 0.6 });
