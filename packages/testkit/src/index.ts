export { checkGrads, type CheckGradsOptions, type GradMode } from "./check-grads.ts";
export { slope } from "./slope.ts";
export { testAlgorithm, type TestAlgorithmOptions } from "./test-algorithm.ts";
export { testSensealg, type TestSensealgOptions } from "./test-sensealg.ts";
export { testVectorField, type TestVectorFieldOptions } from "./test-vector-field.ts";
