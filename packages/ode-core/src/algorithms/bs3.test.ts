import { testAlgorithm } from "@fluxion/testkit";
import { bs3 } from "./bs3.ts";

testAlgorithm(bs3, { order: 3, denseOrder: 3, errorOrder: 3 });
