import type { ButcherTableau, EvaluationTape, StepTape } from "@fluxion/ode-core";
import type { Numbers, SplitKernel, SplitPart, StepKernel } from "./compile.ts";

/** Makes the tapes of a field. Its kernel's first part has inputs t, u, p and output du, its second p, w and outU, outP. */
export class FieldTapes {
  readonly #kernel: () => SplitKernel;
  /** By the text of the coefficients: methods made anew for each solve have another tableau object each time. */
  readonly #steps = new Map<string, StepKernel | undefined>();
  /** Writing the text takes as long as some steps. */
  readonly #texts = new WeakMap<ButcherTableau, string>();
  #last: FieldTape | undefined;

  constructor(kernel: () => SplitKernel) {
    this.#kernel = kernel;
  }

  /** A new tape for the parameters `p[m]`; closes the one before. */
  begin(p: Float64Array): EvaluationTape {
    return this.#open(new Evaluations(this.#kernel()), p);
  }

  /** The same for whole steps, where the backend has code for them. */
  beginSteps(p: Float64Array, tableau: ButcherTableau): StepTape | undefined {
    const kernel = this.#kernel();
    const text = this.#texts.get(tableau) ?? JSON.stringify([tableau.a, tableau.b, tableau.c]);
    this.#texts.set(tableau, text);
    if (!this.#steps.has(text)) this.#steps.set(text, kernel.steps?.(tableau));
    const steps = this.#steps.get(text);
    return steps && this.#open(new Steps(kernel, steps), p);
  }

  #open<T extends FieldTape>(tape: T, p: Float64Array): T {
    this.#last?.close();
    this.#last = tape;
    this.#kernel().first.inputs[2].set(p);
    return tape;
  }
}

/** What the tapes of a field have in common: room that grows, and sums of parameter gradients. */
abstract class FieldTape {
  readonly #second: SplitPart;
  readonly #reserve: (count: number) => boolean;
  #open = true;
  #full = false;
  #capacity = 0;

  constructor({ second }: SplitKernel, reserve: (count: number) => boolean) {
    this.#second = second;
    this.#reserve = reserve;
  }

  get open(): boolean {
    return this.#open;
  }

  close(): void {
    this.#open = false;
  }

  clearGradient(): void {
    this.#second.outputs[1].fill(0);
  }

  addGradient(out: Float64Array): void {
    const sums = this.#second.outputs[1];
    for (let i = 0; i < sums.length; i++) out[i] += sums[i];
  }

  /** Whether there is room for number `i`, perhaps after making some. */
  protected hasRoom(i: number): boolean {
    return this.#open && (i < this.#capacity || this.#extend());
  }

  /** Doubles the room, or adds as much as there is. */
  #extend(): boolean {
    if (this.#full) return false;
    let more = Math.max(64, this.#capacity);
    while (more > 0 && !this.#reserve(this.#capacity + more)) more >>= 1;
    this.#full = more === 0;
    this.#capacity += more;
    return !this.#full;
  }
}

class Evaluations extends FieldTape implements EvaluationTape {
  readonly #first: SplitPart;
  readonly #second: SplitPart;
  #length = 0;

  constructor(kernel: SplitKernel) {
    super(kernel, kernel.reserve);
    this.#first = kernel.first;
    this.#second = kernel.second;
  }

  push(t: number, u: Float64Array, out: Float64Array): number {
    if (!this.hasRoom(this.#length)) return -1;
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
}

class Steps extends FieldTape implements StepTape {
  readonly #kernel: StepKernel;
  #lengths = new Float64Array(64);
  #length = 0;

  constructor(kernel: SplitKernel, steps: StepKernel) {
    super(kernel, steps.reserve);
    this.#kernel = steps;
  }

  get stages(): number {
    return this.#kernel.stages;
  }

  push(t: number, h: number, u: Float64Array, out: Float64Array): number {
    const i = this.#length;
    if (!this.hasRoom(i)) return -1;
    if (i === this.#lengths.length) {
      const lengths = new Float64Array(2 * i);
      lengths.set(this.#lengths);
      this.#lengths = lengths;
    }
    const [time, before, after] = this.#kernel.arrays;
    time[0] = t;
    time[1] = h;
    copy(u, before);
    this.#kernel.forward(i);
    copy(after, out);
    this.#lengths[i] = h;
    return this.#length++;
  }

  pull(i: number, lambda: Float64Array): void {
    const [time, , , bar] = this.#kernel.arrays;
    time[1] = this.#lengths[i];
    copy(lambda, bar);
    this.#kernel.reverse(i);
    copy(bar, lambda);
  }
}

/** For a few numbers faster than `set`. */
function copy(from: Numbers, to: Numbers): void {
  for (let i = 0; i < to.length; i++) to[i] = from[i];
}
