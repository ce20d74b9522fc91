import { testAlgorithm } from "@fluxion/testkit";
import { autoVern9 } from "./auto-vern9.ts";
import { rodas5P } from "./rodas5-p.ts";

testAlgorithm(() => autoVern9(rodas5P()), { order: 9, denseOrder: 9, errorOrder: 9, h: 0.5, denseH: 0.55, errorH: 0.3, above: 1.8 });
