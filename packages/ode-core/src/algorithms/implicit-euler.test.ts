import { testAlgorithm } from "@fluxion/testkit";
import { implicitEuler } from "./implicit-euler.ts";

testAlgorithm(() => implicitEuler({ newtonTolerance: 1e-7 }), { order: 1, denseOrder: 1, errorOrder: 2 });
