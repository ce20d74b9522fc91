import { testAlgorithm } from "@fluxion/testkit";
import { rodas5P } from "./rodas5-p.ts";

testAlgorithm(rodas5P, { order: 5, denseOrder: 4, errorOrder: 5 });
