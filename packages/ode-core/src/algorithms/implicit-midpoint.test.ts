import { testAlgorithm } from "@fluxion/testkit";
import { implicitMidpoint } from "./implicit-midpoint.ts";

testAlgorithm(() => implicitMidpoint({ newtonTolerance: 1e-7 }), { order: 2, denseOrder: 2 });
