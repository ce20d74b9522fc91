import { testAlgorithm } from "@fluxion/testkit";
import { yoshida6 } from "./yoshida6.ts";

testAlgorithm(yoshida6, { order: 6, denseOrder: 4, above: 1 });
