import { testAlgorithm } from "@fluxion/testkit";
import { dop853 } from "./dop853.ts";

testAlgorithm(dop853, { order: 8, denseOrder: 7, errorOrder: 8, h: 0.252, denseH: 0.2, errorH: 0.1, below: 0.05 });
