export { slope } from "./slope.ts";
export { testAlgorithm, type TestAlgorithmOptions } from "./test-algorithm.ts";
