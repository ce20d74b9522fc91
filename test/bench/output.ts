// `npm run bench -- output`: what a solve costs by what it is asked for besides its end.
import { continuousCallback, dop853, fbdf, odeProblem, rodas5P, solve, tsit5, vcabm, vern7, type Algorithm, type SolveOptions } from "@fluxion/ode-core";
import { currentSetting, inOwnProcesses, measure, printTable, short, writeResult } from "./harness.ts";
import { benchProblems } from "./support/bench-problems.ts";

interface Row {
  readonly problem: string;
  readonly algorithm: string;
  readonly steps: number;
  /** Time of a solve in us, by what it is asked for. */
  readonly us: Readonly<Record<string, number>>;
}

const tolerance = 1e-6;
const passes = 4;
const algorithms: readonly Algorithm[] = [tsit5(), vern7(), dop853(), vcabm(), rodas5P(), fbdf()];
const problems = benchProblems.filter(({ id }) => id === "lotka_volterra" || id === "kepler_e06_10" || id === "pleiades");

const asked = (end: number): Readonly<Record<string, SolveOptions>> => ({
  "the end": { saveAt: [end], dense: false },
  "1000 times": { saveAt: end / 1000 },
  "every step, dense": {},
  "an event that never comes": { saveAt: [end], dense: false, callback: continuousCallback({ condition: (_t, u) => u[0] - 1e6, affect: () => {} }) },
  "abstol by component": { saveAt: [end], dense: false, abstol: [] },
});

const parts = problems.flatMap(({ id }) => algorithms.map(({ name }) => `${id} ${name}`));
const measured = await inOwnProcesses(parts, passes, (part): Row => {
  const [id, name] = part.split(" ");
  const { f, u0, end } = problems.find((problem) => problem.id === id)!;
  const algorithm = algorithms.find((one) => one.name === name)!;
  const problem = odeProblem(f, u0, [0, end]);
  let steps = 0;
  const us = Object.entries(asked(end)).map(([what, options]): [string, number] => {
    const abstol = Array.isArray(options.abstol) ? u0.map(() => tolerance) : tolerance;
    const run = (): void => void (steps = solve(problem, algorithm, { ...options, reltol: tolerance, abstol, maxIters: 1e6 }).stats.naccept);
    return [what, 1000 * measure(run, { budget: 400 })];
  });
  return { problem: id, algorithm: name, steps, us: Object.fromEntries(us) };
}, () => null);
const rows = measured.map(([first, ...others]): Row => ({ ...first, us: Object.fromEntries(Object.keys(first.us).map((what) => [what, Math.min(...[first, ...others].map(({ us }) => us[what]))])) }));
const kinds = Object.keys(asked(1));
printTable(["problem", "algorithm", "steps", ...kinds], rows.map(({ problem, algorithm, steps, us }) => [problem, algorithm, String(steps), ...kinds.map((what) => short(us[what]))]));
writeResult("output.json", `${JSON.stringify({ ...currentSetting(), rows }, null, 2)}\n`);
