export { assertPullable, assertSucceeded } from "./check-linearization.ts";
export { discreteAdjoint } from "./discrete-adjoint.ts";
export { finiteDifference, type FiniteDifferenceOptions } from "./finite-difference.ts";
export { forwardSensitivity } from "./forward-sensitivity.ts";
export { gaussAdjoint, type GaussAdjointOptions } from "./gauss-adjoint.ts";
export { interpolatingAdjoint, type InterpolatingAdjointOptions } from "./interpolating-adjoint.ts";
export { pullScaled } from "./pull-scaled.ts";
export { sensealgs } from "./sensealgs.ts";
