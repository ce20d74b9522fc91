import type { Stepper, StepperContext, Tableau } from "./algorithm.ts";
import { RkMemory } from "./rk-memory.ts";
import { RkStepper } from "./rk-stepper.ts";
import { hasRate } from "./tableau-facts.ts";
import type { BoundField } from "./vector-field.ts";

/** A stepper of any explicit Runge-Kutta method, which sums over stages by WebAssembly; `undefined` where that is not to be had, or where code for the size is faster. */
export function vectorStepper(tableau: Tableau, f: BoundField, n: number, context: StepperContext): Stepper | undefined {
  const memory = RkMemory.withVectors(tableau, f, n, context);
  return memory && new TableauStepper(tableau, memory);
}

/** A stepper of any explicit Runge-Kutta method. */
export function tableauStepper(tableau: Tableau, f: BoundField, n: number, context: StepperContext): Stepper {
  return vectorStepper(tableau, f, n, context) ?? new TableauStepper(tableau, new RkMemory(tableau, f, n, context));
}

class TableauStepper extends RkStepper {
  readonly #stages: number;
  readonly #fsal: boolean;
  readonly error?: (out: Float64Array) => void;
  readonly scaledError?: () => number;
  readonly rate?: () => number;

  constructor(tableau: Tableau, memory: RkMemory) {
    super(memory);
    this.#stages = tableau.b.length;
    this.#fsal = tableau.fsal === true;
    if (tableau.bError) {
      this.error = (out) => memory.error(out);
      this.scaledError = () => memory.scaledError();
    }
    if (hasRate(tableau)) this.rate = () => memory.rate();
  }

  step(t: number, h: number, u: Float64Array, out: Float64Array): boolean {
    const { memory } = this;
    const { f, stages } = memory;
    const last = this.#stages - 1;
    memory.begin(t, h, u, out);
    // A retry of a rejected step starts from the same k_1.
    if (!memory.hasFirst) {
      f.rhs(t, u, stages[0]);
      memory.nf++;
      memory.hasFirst = true;
    }
    const count = this.#fsal ? last : this.#stages;
    for (let i = 1; i < count; i++) memory.stage(i);
    memory.finish();
    if (this.#fsal) {
      f.rhs(t + h, out, stages[last]);
      memory.nf++;
    }
    return true;
  }
}
