import { testAlgorithm } from "@fluxion/testkit";
import { dop853 } from "./dop853.ts";

testAlgorithm(dop853, { order: 8, denseOrder: 7, errorOrder: 8, floor: 1e-12, above: 0.5, below: 0.35 });
