import type { Tableau } from "./algorithm.ts";

type Weights = Pick<Tableau, "a" | "b">;

/** Spacing of the scan, far below the extent of any wiggle of a stability function near its limit. */
const spacing = 1e-2;

/** To how much of the spacing the limit is told. */
const fineness = 10;

/** By which part of itself an undamped oscillation may grow in a step. Most methods let it grow by a little in every one. */
const growth = 1e-3;

/**
 * The largest `z` such that steps of an explicit Runge-Kutta method damp `du/dt = -lambda u` for all `lambda h <= z`: the
 * extent of its region of stability along the negative real axis. Takes some hundred evaluations of a polynomial.
 */
export function stabilityLimit(tableau: Weights): number {
  return extent(stabilityFunction(tableau), 1);
}

/**
 * The same for `lambda` in other directions, `damping` being the cosine of its angle to the positive real axis: 0 for undamped oscillations, which may grow by 0.1 % a step, and for
 * what grows, too. Directions between those looked at have the shorter limit of the two beside them.
 */
export function stabilityLimits(tableau: Weights): (damping: number) => number {
  const powers = stabilityFunction(tableau);
  // Closer together near the imaginary axis, where limits change fast.
  const limits = Array.from({ length: directions + 1 }, (_, k) => extent(powers, (k / directions) ** 2));
  return (damping) => {
    const place = directions * Math.sqrt(Math.max(0, Math.min(1, damping)));
    return Math.min(limits[Math.floor(place)], limits[Math.ceil(place)]);
  };
}

const directions = 8;

/** Coefficients of `R(z) = 1 + z b'1 + z^2 b'A 1 + ...` */
function stabilityFunction({ a, b }: Weights): readonly number[] {
  const dot = (w: readonly number[], v: readonly number[]): number => w.reduce((sum, x, i) => sum + x * v[i], 0);
  const powers = [1];
  let v: number[] = b.map(() => 1);
  for (let k = 0; k < b.length; k++) {
    powers.push(dot(b, v));
    v = a.map((row) => dot(row, v));
  }
  return powers;
}

/** How far from zero `R` is at most 1, but for `growth`, against the direction of `lambda`. */
function extent(powers: readonly number[], damping: number): number {
  const [x, y] = [-damping, Math.sqrt(1 - damping * damping)];
  const most = 1 + growth * (1 - damping);
  const isStable = (size: number): boolean => {
    let re = 0;
    let im = 0;
    for (let k = powers.length - 1; k >= 0; k--) {
      const old = re;
      re = size * (x * re - y * im) + powers[k];
      im = size * (y * old + x * im);
    }
    return re * re + im * im <= most * most;
  };
  let coarse = 0;
  while (isStable((coarse + 1) * spacing)) coarse++;
  let fine = coarse * fineness;
  while (isStable(((fine + 1) * spacing) / fineness)) fine++;
  return (fine * spacing) / fineness;
}
