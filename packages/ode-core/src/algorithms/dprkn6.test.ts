import { testAlgorithm } from "@fluxion/testkit";
import { dprkn6 } from "./dprkn6.ts";

testAlgorithm(dprkn6, { order: 6, denseOrder: 5, errorOrder: 5 });
