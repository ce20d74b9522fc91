import { testAlgorithm } from "@fluxion/testkit";
import { rodas4 } from "./rodas4.ts";

testAlgorithm(rodas4, { order: 4, denseOrder: 3, errorOrder: 4 });
