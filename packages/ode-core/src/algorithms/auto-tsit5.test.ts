import { testAlgorithm } from "@fluxion/testkit";
import { autoTsit5 } from "./auto-tsit5.ts";
import { rodas5P } from "./rodas5-p.ts";

testAlgorithm(() => autoTsit5(rodas5P()), { order: 5, denseOrder: 4, errorOrder: 5, above: 0.6 });
