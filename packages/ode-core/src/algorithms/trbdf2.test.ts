import { testAlgorithm } from "@fluxion/testkit";
import { trbdf2 } from "./trbdf2.ts";

testAlgorithm(() => trbdf2({ newtonTolerance: 1e-7 }), { order: 2, denseOrder: 2, errorOrder: 3 });
