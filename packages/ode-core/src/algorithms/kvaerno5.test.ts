import { testAlgorithm } from "@fluxion/testkit";
import { kvaerno5 } from "./kvaerno5.ts";

testAlgorithm(() => kvaerno5({ newtonTolerance: 1e-7 }), { order: 5, denseOrder: 3, errorOrder: 5, floor: 1e-10 });
