import { testAlgorithm } from "@fluxion/testkit";
import { vern6 } from "./vern6.ts";

testAlgorithm(vern6, { order: 6, denseOrder: 6, errorOrder: 6, above: 1.6, below: 0.35 });
