import { testAlgorithm } from "@fluxion/testkit";
import { yoshida6 } from "./yoshida6.ts";

testAlgorithm(yoshida6, { order: 6, denseOrder: 4, h: 0.08, denseH: 0.15, above: 1.1 });
