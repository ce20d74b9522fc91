import { testAlgorithm } from "@fluxion/testkit";
import { dp5 } from "./dp5.ts";

testAlgorithm(dp5, { order: 5, denseOrder: 4, errorOrder: 5, below: 0.25 });
