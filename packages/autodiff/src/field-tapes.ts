import type { EvaluationTape } from "@fluxion/ode-core";
import type { Numbers, SplitKernel, SplitPart } from "./compile.ts";

/** Makes the tapes of a field. Its kernel's first part has inputs t, u, p and output du, its second p, w and outU, outP. */
export class FieldTapes {
  readonly #kernel: () => SplitKernel;
  #last: Tape | undefined;

  constructor(kernel: () => SplitKernel) {
    this.#kernel = kernel;
  }

  /** A new tape for the parameters `p[m]`; closes the one before. */
  begin(p: Float64Array): EvaluationTape {
    this.#last?.close();
    const kernel = this.#kernel();
    kernel.first.inputs[2].set(p);
    this.#last = new Tape(kernel);
    return this.#last;
  }
}

class Tape implements EvaluationTape {
  readonly #kernel: SplitKernel;
  readonly #first: SplitPart;
  readonly #second: SplitPart;
  #open = true;
  #full = false;
  #length = 0;
  #capacity = 0;

  constructor(kernel: SplitKernel) {
    this.#kernel = kernel;
    this.#first = kernel.first;
    this.#second = kernel.second;
  }

  get open(): boolean {
    return this.#open;
  }

  clearGradient(): void {
    this.#second.outputs[1].fill(0);
  }

  addGradient(out: Float64Array): void {
    const sums = this.#second.outputs[1];
    for (let i = 0; i < sums.length; i++) out[i] += sums[i];
  }

  close(): void {
    this.#open = false;
  }

  push(t: number, u: Float64Array, out: Float64Array): number {
    if (!this.#open || this.#full || (this.#length === this.#capacity && !this.#extend())) return -1;
    const first = this.#first;
    first.inputs[0][0] = t;
    copy(u, first.inputs[1]);
    first.run(this.#length);
    copy(first.outputs[0], out);
    return this.#length++;
  }

  vjp(i: number, w: Float64Array, outU: Float64Array): void {
    const second = this.#second;
    copy(w, second.inputs[1]);
    second.run(i);
    copy(second.outputs[0], outU);
  }

  rewind(): void {
    this.#length = 0;
  }

  #extend(): boolean {
    this.#capacity = Math.max(64, 2 * this.#capacity);
    this.#full = !this.#kernel.reserve(this.#capacity);
    return !this.#full;
  }
}

/** For a few numbers faster than `set`. */
function copy(from: Numbers, to: Numbers): void {
  for (let i = 0; i < to.length; i++) to[i] = from[i];
}
