import type { DirkTableau } from "../../dirk.ts";

const embedded = [0.13855640231268224, 0, -0.04245337201752043, 0.02446657898003141, 0.6194303907248068];
const last = [0.13659751177640292, 0, -0.05496908796538376, -0.04118626728321046, 0.629933048990164, 0.06962479448202728];
const gamma = 0.26;

/**
 * Coefficients of Kvaerno's pair 5(4).
 *
 * @source Kvaerno, BIT Numer. Math. 44 (2004) 489-502.
 */
export const kvaerno5Tableau: DirkTableau = {
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
