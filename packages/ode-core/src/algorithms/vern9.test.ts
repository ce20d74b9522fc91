import { testAlgorithm } from "@fluxion/testkit";
import { vern9 } from "./vern9.ts";

testAlgorithm(vern9, { order: 9, denseOrder: 9, errorOrder: 9, floor: 1e-12, above: 1.6 });
