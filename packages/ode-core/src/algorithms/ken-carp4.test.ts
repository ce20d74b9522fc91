import { testAlgorithm } from "@fluxion/testkit";
import { kenCarp4 } from "./ken-carp4.ts";

testAlgorithm(() => kenCarp4({ newtonTolerance: 1e-7 }), { order: 4, denseOrder: 3, errorOrder: 4, floor: 1e-10 });
