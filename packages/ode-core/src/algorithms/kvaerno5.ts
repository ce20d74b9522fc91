import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import { dirk, newtonSpecs, type DirkTableau, type NewtonOptions } from "../dirk.ts";

/** Options of {@link kvaerno5}. */
export interface Kvaerno5Options extends NewtonOptions {}

const embedded = [0.13855640231268224, 0, -0.04245337201752043, 0.02446657898003141, 0.6194303907248068];
const last = [0.13659751177640292, 0, -0.05496908796538376, -0.04118626728321046, 0.629933048990164, 0.06962479448202728];
const gamma = 0.26;
const tableau: DirkTableau = {
  gamma,
  a: [
    [],
    [gamma],
    [0.13, 0.8403332099679081],
    [0.22371961478320504, 0.476755323197997, -0.06470895363112615],
    [0.16648564323248322, 0.1045001884159172, 0.03631482272098715, -0.13090704451073998],
    embedded,
    last,
  ],
  b: [...last, gamma],
  bError: [...last, gamma].map((x, i) => x - ([...embedded, gamma][i] ?? 0)),
  explicitFirst: true,
};

/**
 * Kvaerno's pair of order 5 with an error estimate of order 4: stiffly accurate, L-stable, for stiff problems where a
 * factorisation is dear beside an evaluation. One factorisation per step, the Jacobian kept while Newton's iteration
 * converges fast. Dense output of order 3.
 *
 * @throws OdeError `INVALID_OPTION` for a wrong option.
 * @source Kvaerno, BIT Numer. Math. 44 (2004) 489-502.
 */
export function kvaerno5(options: Kvaerno5Options = {}): Algorithm {
  const { newtonTolerance } = readOptions("kvaerno5", options, newtonSpecs);
  return dirk("kvaerno5", 5, 5, tableau, newtonTolerance);
}
