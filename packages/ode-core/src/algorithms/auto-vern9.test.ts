import { testAlgorithm } from "@fluxion/testkit";
import { autoVern9 } from "./auto-vern9.ts";
import { rodas5P } from "./rodas5-p.ts";

testAlgorithm(() => autoVern9(rodas5P()), { order: 9, denseOrder: 9, errorOrder: 9, floor: 1e-12, above: 1.6 });
