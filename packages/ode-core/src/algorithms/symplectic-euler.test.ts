import { testAlgorithm } from "@fluxion/testkit";
import { symplecticEuler } from "./symplectic-euler.ts";

testAlgorithm(symplecticEuler, { order: 1, denseOrder: 1 });
