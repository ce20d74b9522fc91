import type { BoundField, EvaluationTape, VectorField } from "@fluxion/ode-core";
import { doubled } from "./kept-steps.ts";

/** A bound field that offers `vjp`. */
export type VjpField = BoundField & Required<Pick<BoundField, "vjp">>;

/**
 * A vector field whose evaluations during a solve are kept, where it has a tape for them, so that the reverse pass need not
 * repeat them. What is not found there is evaluated again.
 */
export class TapedField {
  /** The field to be solved. */
  readonly field: VectorField;
  readonly #bound: VjpField;
  readonly #n: number;
  readonly #m: number;
  readonly #tape: EvaluationTape | undefined;
  #recording: boolean;
  /** Per evaluation: t, the argument, the result. */
  #log = new Float64Array(0);
  #length = 0;
  /** Length of the log after each kept step. */
  readonly #marks: number[] = [];
  #from = 0;
  #to = 0;
  #sums: Float64Array | undefined;

  constructor(f: VectorField, p: Float64Array) {
    this.#bound = f.bind(p) as VjpField;
    this.#n = f.dim;
    this.#m = p.length;
    this.#tape = this.#bound.tape?.();
    this.#recording = this.#tape !== undefined;
    const rhs = this.#rhs.bind(this);
    this.field = this.#tape ? { ...f, bind: (q) => ({ ...f.bind(q), rhs }) } : f;
  }

  /** Ends a step that was kept. */
  keepStep(): void {
    this.#marks.push(this.#length);
  }

  /** Ends the solve: evaluations from now on are not kept. */
  stopRecording(): void {
    this.#recording = false;
  }

  /** Begins a reverse pass. */
  begin(): void {
    this.#sums = undefined;
    if (this.#tape?.open) this.#tape.clearGradient();
  }

  /** Turns to step `i`. Its first stage may be the last of the step before. */
  turnTo(i: number): void {
    this.#from = i >= 2 ? this.#marks[i - 2] : 0;
    this.#to = this.#marks[i];
  }

  /** The number of the evaluation at `t`, `y[n]` among those of the step, in their order, with its value in `out[n]`; or -1. */
  find(t: number, h: number, y: Float64Array, out: Float64Array): number {
    const n = this.#n;
    const width = 2 * n + 1;
    const log = this.#log;
    for (let e = this.#from; e < this.#to; e++) {
      const at = e * width;
      // Where a step's last stage serves as the next one's first, its time may be rounded otherwise.
      if (Math.abs(log[at] - t) > 4 * Number.EPSILON * (Math.abs(t) + Math.abs(h))) continue;
      let j = 0;
      while (j < n && log[at + 1 + j] === y[j]) j++;
      if (j < n) continue;
      this.#from = e + 1;
      for (let i = 0; i < n; i++) out[i] = log[at + 1 + n + i];
      return e;
    }
    return -1;
  }

  /** `out[n] = f(t, y)`, not kept. */
  evaluate(t: number, y: Float64Array, out: Float64Array): void {
    this.#bound.rhs(t, y, out);
  }

  /** `outU[n] = f_u' w` at evaluation `e`, which is that at `t`, `y`; -1 stands for none. Adds the parameter gradient up. */
  vjp(e: number, t: number, y: Float64Array, w: Float64Array, outU: Float64Array): void {
    if (e >= 0 && this.#tape?.open) return this.#tape.vjp(e, w, outU);
    this.#sums ??= this.#bound.gradientBuffer?.() ?? new Float64Array(this.#m);
    this.#bound.vjp(t, y, w, outU, this.#sums);
  }

  /** The parameter gradient `[m]` of the pass. */
  gradient(): Float64Array {
    const total = new Float64Array(this.#m);
    if (this.#tape?.open) this.#tape.addGradient(total);
    if (this.#sums) for (let i = 0; i < total.length; i++) total[i] += this.#sums[i];
    return total;
  }

  #rhs(t: number, u: Float64Array, out: Float64Array): void {
    const n = this.#n;
    const e = this.#recording ? this.#tape!.push(t, u, out) : -1;
    if (e < 0) {
      this.#recording = false;
      return this.#bound.rhs(t, u, out);
    }
    const at = e * (2 * n + 1);
    if (at + 2 * n + 1 > this.#log.length) this.#log = doubled(this.#log, Math.max(4096, 64 * (2 * n + 1)));
    const log = this.#log;
    log[at] = t;
    for (let i = 0; i < n; i++) {
      log[at + 1 + i] = u[i];
      log[at + 1 + n + i] = out[i];
    }
    this.#length = e + 1;
  }
}
