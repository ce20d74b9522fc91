import { testAlgorithm } from "@fluxion/testkit";
import { fbdf } from "./fbdf.ts";

testAlgorithm(fbdf, { order: 5, fixedOrder: 1, denseOrder: 1, errorOrder: 2 });
