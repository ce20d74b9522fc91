export { checkGrads, type CheckGradsOptions, type GradMode } from "./check-grads.ts";
export { slope } from "./slope.ts";
export { testAlgorithm, type TestAlgorithmOptions } from "./test-algorithm.ts";
