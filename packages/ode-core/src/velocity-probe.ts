import { OdeError } from "./errors.ts";
import type { BoundField } from "./vector-field.ts";

/** A change of an acceleration with the velocity up to this part of it is rounding. */
const rounding = 1e-12;

/**
 * Looks whether `u = (q, v)` has `dq/dt = v` and accelerations that do not depend on `v`, as methods that evaluate with velocities
 * other than those of the solution rely on: at steps 1, 2, 4, 8 and so on. What sets in between two looks and ends before the next is not found.
 */
export class VelocityProbe {
  readonly #name: string;
  readonly #moved: Float64Array;
  readonly #slope: Float64Array;
  #steps = 0;
  #next = 1;

  /** @throws OdeError `INVALID_ARGUMENT` when `n` is odd. */
  constructor(name: string, n: number) {
    if (n % 2 !== 0) {
      throw new OdeError("INVALID_ARGUMENT", `Cannot use algorithm "${name}" as the state must be u = (q, v) with an even length: current length is ${n}`);
    }
    this.#name = name;
    this.#moved = new Float64Array(n);
    this.#slope = new Float64Array(n);
  }

  /** To be called at the start of each step: whether to {@link check} at this one. */
  isDue(): boolean {
    if (++this.#steps < this.#next) return false;
    this.#next *= 2;
    return true;
  }

  /** Evaluates `f` once, at other velocities, all moved by different amounts, and compares with `first[n]`, which is `f(t, u)`. @throws OdeError `MISSING_CAPABILITY` */
  check(f: BoundField, t: number, u: Float64Array, first: Float64Array): void {
    const n = u.length, half = n / 2, moved = this.#moved, slope = this.#slope;
    let speed = 1, size = 0;
    for (let v = half; v < n; v++) {
      speed = Math.max(speed, Math.abs(u[v]));
      size = Math.max(size, Math.abs(first[v]));
    }
    // What is not finite is found out by the step itself.
    if (!(speed + size < Infinity)) return;
    moved.set(u);
    for (let v = half; v < n; v++) moved[v] += speed * (1 + (v - half) / half);
    f.rhs(t, moved, slope);
    for (let q = 0, v = half; q < half; q++, v++) {
      if (!(Math.abs(slope[q] - moved[v]) <= rounding * Math.abs(moved[v]))) {
        throw this.#unfit(`du[${q}]/dt must be the velocity u[${v}] = ${moved[v]}: it is ${slope[q]}`);
      }
      if (!(Math.abs(slope[v] - first[v]) <= rounding * size)) {
        throw this.#unfit(`the acceleration must not depend on the velocity (implicitMidpoint and vern9 have no such need): at t = ${t} du[${v}]/dt is ${first[v]}, and ${slope[v]} with other velocities`);
      }
    }
  }

  #unfit(why: string): OdeError {
    return new OdeError("MISSING_CAPABILITY", `Cannot use algorithm "${this.#name}" as ${why}`);
  }
}
