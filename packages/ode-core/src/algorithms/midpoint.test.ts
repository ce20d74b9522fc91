import { testAlgorithm } from "@fluxion/testkit";
import { midpoint } from "./midpoint.ts";

testAlgorithm(midpoint, { order: 2, denseOrder: 2, errorOrder: 2 });
