import { testAlgorithm } from "@fluxion/testkit";
import { autoVern7 } from "./auto-vern7.ts";
import { rodas5P } from "./rodas5-p.ts";

testAlgorithm(() => autoVern7(rodas5P()), { order: 7, denseOrder: 7, errorOrder: 7, floor: 2e-10, above: 2, below: 0.6 });
