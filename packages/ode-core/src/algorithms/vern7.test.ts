import { testAlgorithm } from "@fluxion/testkit";
import { vern7 } from "./vern7.ts";

testAlgorithm(vern7, { order: 7, denseOrder: 7, errorOrder: 7, h: 0.238, denseH: 0.68, above: 1.5 });
