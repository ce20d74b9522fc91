import { testAlgorithm } from "@fluxion/testkit";
import { euler } from "./euler.ts";

testAlgorithm(euler, { order: 1, denseOrder: 1 });
