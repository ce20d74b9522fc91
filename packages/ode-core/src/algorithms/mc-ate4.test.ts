import { testAlgorithm } from "@fluxion/testkit";
import { mcAte4 } from "./mc-ate4.ts";

testAlgorithm(mcAte4, { order: 4, denseOrder: 3 });
