import { testAlgorithm } from "@fluxion/testkit";
import { velocityVerlet } from "./velocity-verlet.ts";

testAlgorithm(velocityVerlet, { order: 2, denseOrder: 2 });
