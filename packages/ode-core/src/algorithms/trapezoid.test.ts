import { testAlgorithm } from "@fluxion/testkit";
import { trapezoid } from "./trapezoid.ts";

testAlgorithm(() => trapezoid({ newtonTolerance: 1e-7 }), { order: 2, denseOrder: 2 });
