import { dirname, join } from "node:path";
import { algorithms, fromConfig, odeProblem, OdeError, solve } from "@fluxion/ode-core";
import { decodeModel, decodeModelDescription, formatTrajectoryCsv } from "@fluxion/train";
import { readBytes, readText } from "./files.ts";

/** What to simulate. */
export interface SimulateOptions {
  /** Initial state, numbers separated by commas. */
  readonly u0: string;
  /** Start and end time, separated by a comma. */
  readonly tspan: string;
  /** Time between saved states. */
  readonly saveAt: number;
  /** Name of the algorithm. */
  readonly solver: string;
  /** Length of a step, or of the first one. */
  readonly dt?: number;
  /** Relative and absolute tolerance. */
  readonly reltol: number;
  readonly maxIters: number;
}

/** What to do when there are too few steps. */
const moreSteps = "Allow more steps with --maxIters, longer ones with a larger --reltol, or take another --solver, such as rodas5P for a stiff problem";

function numbers(option: string, text: string): number[] {
  const values = text.split(",").map((x) => (x.trim() === "" ? Number.NaN : Number(x)));
  if (values.some((x) => !Number.isFinite(x))) throw new OdeError("INVALID_OPTION", `Cannot simulate as --${option} must be numbers separated by commas: got "${text}"`);
  return values;
}

/** Rolls a trained model out and returns CSV. @throws OdeError `INVALID_FILE`, `INVALID_OPTION`, `UNKNOWN_NAME`, `SOLVE_FAILED` */
export function simulate(path: string, { u0, tspan, solver, reltol, ...options }: SimulateOptions): string {
  const json = readText(path);
  const weightsPath = join(dirname(path), decodeModelDescription(json, path).weights);
  const { model, p, columns } = decodeModel(json, readBytes(weightsPath), { what: { json: path, weights: weightsPath } });
  const span = numbers("tspan", tspan);
  if (span.length !== 2 || !(span[0] < span[1])) throw new OdeError("INVALID_OPTION", `Cannot simulate as --tspan must be two numbers, the start before the end: got "${tspan}"`);
  const problem = odeProblem(model, numbers("u0", u0), [span[0], span[1]], p);
  const solution = solve(problem, fromConfig(algorithms, { name: solver }), { ...options, reltol, abstol: reltol });
  if (solution.retcode === "success") return formatTrajectoryCsv(solution, columns);
  const advice = solution.retcode === "maxIters" ? `. ${moreSteps}` : "";
  throw new OdeError("SOLVE_FAILED", `Cannot simulate as the solve must reach t = ${span[1]}: ${solution.message}${advice}`);
}
