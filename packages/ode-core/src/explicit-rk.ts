import type { Algorithm, Stepper, StepperContext, Tableau } from "./algorithm.ts";
import type { StepController } from "./controller.ts";
import type { InitialStep } from "./initial-step.ts";
import { OdeError } from "./errors.ts";
import { tableauStepper } from "./tableau-stepper.ts";
import type { BoundField } from "./vector-field.ts";

/** What an explicit Runge-Kutta method may bring besides its tableau. */
export interface ExplicitRkOptions {
  /**
   * A stepper written for the tableau. Default: one that reads the tableau at every step, 2 to 3 times slower with up to four components. With more,
   * its sums over stages are WebAssembly's, and there is little to gain.
   */
  readonly stepper?: ((tableau: Tableau, f: BoundField, n: number, context: StepperContext) => Stepper) | undefined;
  /** Makes the step-size control of a solve, as `piController` does. Default: a proportional-integral controller with the gains for the order. */
  readonly controller?: (() => StepController) | undefined;
  /** Chooses the first step where `dt` is not given. Default: Hairer's. */
  readonly initialStep?: InitialStep | undefined;
}

/**
 * Turns the coefficients of an explicit Runge-Kutta method into an algorithm. A tableau with `bError` can control its step.
 *
 * @param name - The factory's own name.
 * @param order - Order of accuracy of the kept solution.
 * @throws OdeError `INVALID_ARGUMENT` for a tableau of another shape.
 */
export function explicitRk(name: string, order: number, tableau: Tableau, { stepper = tableauStepper, controller, initialStep }: ExplicitRkOptions = {}): Algorithm {
  checkTableau(name, tableau);
  const whole = withZeros(tableau);
  return { name, order, tableau: whole, ...(controller ? { controller } : {}), ...(initialStep ? { initialStep } : {}), stepper: (f, n, context) => stepper(whole, f, n, context) };
}

/** The tableau with the zeros that the ends of its rows lack; itself if it lacks none, as much is kept for each tableau. */
function withZeros(tableau: Tableau): Tableau {
  const { a, b, dense } = tableau;
  if (a.every((row, i) => row.length === i) && dense.a.every((row, i) => row.length === b.length + i)) return tableau;
  const whole = (row: readonly number[], length: number): number[] => Array.from({ length }, (_, j) => row[j] ?? 0);
  return { ...tableau, a: a.map(whole), dense: { ...dense, a: dense.a.map((row, i) => whole(row, b.length + i)) } };
}

/** What the stepper would read beyond, or never. */
function checkTableau(name: string, { a, b, c, bError, bErrorCoarse, fsal, dense }: Tableau): void {
  const wrong = (needed: string, found: string): OdeError => new OdeError("INVALID_ARGUMENT", `Cannot make algorithm "${name}" as ${needed}: ${found}`);
  const s = b.length;
  const rows = [...a, ...(dense?.a ?? [])];
  if (!dense) throw wrong("its tableau must have a continuous extension: polynomialExtension makes one", "dense is missing");
  for (const [list, length, what] of [[a, s, "a"], [c, s, "c"], [bError ?? b, s, "bError"], [bErrorCoarse ?? b, s, "bErrorCoarse"], [dense.c, dense.a.length, "dense.c"]] as const) {
    if (list.length !== length) throw wrong(`${what} must have ${length} entries${list === dense.c ? ", one for each row of dense.a" : ", one for each weight in b"}`, `it has ${list.length}`);
  }
  const bad = rows.findIndex((row, i) => row.length > i);
  if (bad >= 0) throw wrong(`row ${bad} of a must have at most ${bad} entries, as those of an explicit method`, `it has ${rows[bad].length}`);
  if (fsal && !(c[s - 1] === 1 && b[s - 1] === 0 && b.every((weight, j) => j === s - 1 || weight === (a[s - 1][j] ?? 0)))) {
    throw wrong("fsal promises that the last row of a is b, with 1 in c and a last weight of 0", `row ${s - 1} of a is [${a[s - 1].join(", ")}], b is [${b.join(", ")}] and c[${s - 1}] is ${c[s - 1]}`);
  }
}
