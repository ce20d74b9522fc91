import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import { rosenbrock, rosenbrockSpecs, type RosenbrockOptions } from "../rosenbrock.ts";
import type { RosenbrockTableau } from "../rosenbrock-table.ts";

const last = [1.221224509226641, 6.019134481288629, 12.53708332932087, -0.687886036105895];

/** Coefficients of {@link rodas4}. */
export const rodas4Tableau: RosenbrockTableau = {
  gamma: 0.25,
  a: [
    [],
    [1.544],
    [0.9466785280815826, 0.2557011698983284],
    [3.314825187068521, 2.896124015972201, 0.9986419139977817],
    last,
    [...last, 1],
  ],
  C: [
    [],
    [-5.6688],
    [-2.430093356833875, -0.2063599157091915],
    [-0.1073529058151375, -9.594562251023355, -20.47028614809616],
    [7.496443313967647, -10.24680431464352, -33.99990352819905, 11.7089089320616],
    [8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054],
  ],
  b: [...last, 1, 1],
  bError: [0, 0, 0, 0, 0, 1],
  c: [0, 0.386, 0.21, 0.63, 1, 1],
  d: [0.25, -0.1043, 0.1035, -0.0362, 0, 0],
  dense: [
    [10.12623508344586, -7.487995877610167, -34.80091861555747, -7.992771707568823, 1.025137723295662, 0],
    [-0.6762803392801253, 6.087714651680015, 16.43084320892478, 24.76722511418386, -6.594389125716872, 0],
  ],
};

/**
 * RODAS: a Rosenbrock method of order 4 with an error estimate of order 3, L-stable and stiffly accurate, for stiff problems
 * at tolerances of 1e-3 to 1e-7, also with a mass matrix, singular ones included. Per step six evaluations (two more for the
 * time derivative unless `autonomous`), one Jacobian and one factorisation. Dense output of order 3.
 * Where a small component is the difference of much larger ones (the problem E5), `radauIIA5` and `fbdf` keep more of its digits.
 *
 * @throws OdeError `INVALID_OPTION` for a wrong option.
 * @source Hairer, Wanner, Solving Ordinary Differential Equations II (1996), section VI.4.
 */
export function rodas4(options: RosenbrockOptions = {}): Algorithm {
  const { autonomous } = readOptions("rodas4", options, rosenbrockSpecs);
  return rosenbrock("rodas4", 4, 4, rodas4Tableau, autonomous);
}
