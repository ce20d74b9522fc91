import { testAlgorithm } from "@fluxion/testkit";
import { vern9 } from "./vern9.ts";

testAlgorithm(vern9, { order: 9, denseOrder: 9, errorOrder: 9, h: 0.5, denseH: 0.55, errorH: 0.3, above: 1.8 });
