import { testAlgorithm } from "@fluxion/testkit";
import { ruth3 } from "./ruth3.ts";

testAlgorithm(ruth3, { order: 3, denseOrder: 3 });
