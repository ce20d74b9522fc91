import { testAlgorithm } from "@fluxion/testkit";
import { rosenbrock23 } from "./rosenbrock23.ts";

testAlgorithm(rosenbrock23, { order: 2, denseOrder: 2, errorOrder: 3 });
