import type { Algorithm, Interpolant, Stepper, StepperContext, Tableau } from "./algorithm.ts";
import type { StepController } from "./controller.ts";
import type { InitialStep } from "./initial-step.ts";
import { OdeError } from "./errors.ts";
import { hasRate } from "./rk-coefficients.ts";
import { RkMemory } from "./rk-memory.ts";
import type { BoundField } from "./vector-field.ts";

/** What an explicit Runge-Kutta method may bring besides its tableau. */
export interface ExplicitRkOptions {
  /**
   * A stepper written for the tableau, which pays for up to four components: with more, sums over stages are WebAssembly's, and it is for hosts without.
   * Default: one that reads the tableau at every step, 2 to 3 times slower on such systems.
   */
  readonly stepper?: (tableau: Tableau, f: BoundField, n: number, context: StepperContext) => Stepper;
  /** Makes the step-size control of a solve, as `piController` does. Default: a proportional-integral controller with the gains for the order. */
  readonly controller?: () => StepController;
  /** Chooses the first step where `dt` is not given. Default: Hairer's. */
  readonly initialStep?: InitialStep;
}

/**
 * Turns the coefficients of an explicit Runge-Kutta method into an algorithm. A tableau with `bError` can control its step.
 *
 * @param name - The factory's own name.
 * @param order - Order of accuracy of the kept solution.
 * @throws OdeError `INVALID_ARGUMENT` for a tableau of another shape.
 */
export function explicitRk(name: string, order: number, tableau: Tableau, { stepper = tableauStepper, ...rest }: ExplicitRkOptions = {}): Algorithm {
  checkTableau(name, tableau);
  return {
    name, order, tableau, ...rest,
    stepper: (f, n, context) => {
      const memory = RkMemory.withVectors(tableau, f, n, context);
      return memory ? new TableauStepper(tableau, memory) : stepper(tableau, f, n, context);
    },
  };
}

/** What the stepper would read beyond, or never. */
function checkTableau(name: string, { a, b, c, bError, bErrorCoarse, dense }: Tableau): void {
  const wrong = (needed: string, found: string): OdeError => new OdeError("INVALID_ARGUMENT", `Cannot make algorithm "${name}" as ${needed}: ${found}`);
  const s = b.length;
  const rows = [...a, ...(dense?.a ?? [])];
  if (!dense) throw wrong("its tableau must have a continuous extension: polynomialExtension makes one", "dense is missing");
  const bad = rows.findIndex((row, i) => row.length > i);
  if (bad >= 0) throw wrong(`row ${bad} of a must have at most ${bad} entries, as those of an explicit method`, `it has ${rows[bad].length}`);
  for (const [list, length, what] of [[a, s, "a"], [c, s, "c"], [bError ?? b, s, "bError"], [bErrorCoarse ?? b, s, "bErrorCoarse"], [dense.c, dense.a.length, "dense.c"]] as const) {
    if (list.length !== length) throw wrong(`${what} must have ${length} entries${list === dense.c ? ", one for each row of dense.a" : ", one for each weight in b"}`, `it has ${list.length}`);
  }
}

const tableauStepper: NonNullable<ExplicitRkOptions["stepper"]> = (tableau, f, n, context) => new TableauStepper(tableau, new RkMemory(tableau, f, n, context));

class TableauStepper implements Stepper {
  readonly #memory: RkMemory;
  readonly #stages: number;
  readonly #fsal: boolean;
  readonly error?: (out: Float64Array) => void;
  readonly scaledError?: () => number;
  readonly rate?: () => number;

  constructor(tableau: Tableau, memory: RkMemory) {
    this.#memory = memory;
    this.#stages = tableau.b.length;
    this.#fsal = tableau.fsal === true;
    if (tableau.bError) {
      this.error = (out) => memory.error(out);
      this.scaledError = () => memory.scaledError();
    }
    if (hasRate(tableau)) this.rate = () => memory.rate();
  }

  get nf(): number {
    return this.#memory.nf;
  }

  step(t: number, h: number, u: Float64Array, out: Float64Array): boolean {
    const memory = this.#memory;
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

  start(slope: Float64Array): void {
    this.#memory.start(slope);
  }

  accept(): void {
    this.#memory.accept();
  }

  reset(): void {
    this.#memory.hasFirst = false;
  }

  capture(): Interpolant {
    return this.#memory.capture();
  }

  interpolate(theta: number, out: Float64Array): void {
    this.#memory.interpolate(theta, out);
  }

  release(): void {
    this.#memory.release();
  }
}
