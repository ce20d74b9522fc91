import { testAlgorithm } from "@fluxion/testkit";
import { vcabm } from "./vcabm.ts";

testAlgorithm(vcabm, { order: 12, fixedOrder: 2, denseOrder: 2, errorOrder: 2 });
