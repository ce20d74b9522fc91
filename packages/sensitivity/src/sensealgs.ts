import { discreteAdjoint } from "./discrete-adjoint.ts";
import { finiteDifference } from "./finite-difference.ts";
import { forwardSensitivity } from "./forward-sensitivity.ts";
import { gaussAdjoint } from "./gauss-adjoint.ts";
import { interpolatingAdjoint } from "./interpolating-adjoint.ts";

/** Every sensitivity algorithm of this package by its config name; spread it to add your own. */
export const sensealgs: {
  readonly discreteAdjoint: typeof discreteAdjoint;
  readonly finiteDifference: typeof finiteDifference;
  readonly forwardSensitivity: typeof forwardSensitivity;
  readonly gaussAdjoint: typeof gaussAdjoint;
  readonly interpolatingAdjoint: typeof interpolatingAdjoint;
} = { discreteAdjoint, finiteDifference, forwardSensitivity, gaussAdjoint, interpolatingAdjoint };
