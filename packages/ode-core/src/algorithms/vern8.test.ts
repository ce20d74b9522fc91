import { testAlgorithm } from "@fluxion/testkit";
import { vern8 } from "./vern8.ts";

testAlgorithm(vern8, { order: 8, denseOrder: 8, errorOrder: 8, above: 1.5, below: 0.3 });
