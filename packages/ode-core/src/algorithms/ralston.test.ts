import { testAlgorithm } from "@fluxion/testkit";
import { ralston } from "./ralston.ts";

testAlgorithm(ralston, { order: 2, denseOrder: 2, errorOrder: 2 });
