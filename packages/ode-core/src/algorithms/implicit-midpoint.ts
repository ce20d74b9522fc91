import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import { dirk, newtonSpecs, type DirkTableau, type NewtonOptions } from "../dirk.ts";

const tableau: DirkTableau = { gamma: 1 / 2, a: [[]], b: [1], explicitFirst: false };

/**
 * The implicit midpoint rule: order 2, A-stable, fixed steps of `dt`. It is symplectic for any Hamiltonian, separable or not,
 * and keeps quadratic invariants, up to the error of its Newton iteration: make `newtonTolerance` small for that. One
 * factorisation per step. Dense output of order 2.
 *
 * @throws OdeError `INVALID_OPTION` for a wrong option.
 * @source Hairer, Lubich, Wanner, Geometric Numerical Integration (2006), section VI.4.
 */
export function implicitMidpoint(options: NewtonOptions = {}): Algorithm {
  const { newtonTolerance } = readOptions("implicitMidpoint", options, newtonSpecs);
  return dirk("implicitMidpoint", 2, 0, tableau, newtonTolerance);
}
