import { testAlgorithm } from "@fluxion/testkit";
import { heun } from "./heun.ts";

testAlgorithm(heun, { order: 2, denseOrder: 2, errorOrder: 2 });
