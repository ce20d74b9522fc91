import { testAlgorithm } from "@fluxion/testkit";
import { kahanLi8 } from "./kahan-li8.ts";

testAlgorithm(kahanLi8, { order: 8, denseOrder: 4, floor: 1e-11 });
