// Time of whole solves against their errors, beside other libraries: `npm run bench -- peers`.
import { workPrecisionFigure } from "@fluxion/cli";
import { autoTsit5, dop853, dprkn6, kvaerno5, odeProblem, rodas5P, rosenbrock23, solve, tsit5, vectorField, vern7, vern9 } from "@fluxion/ode-core";
import { stiffProblems } from "../fixtures/stiff-problems.ts";
import { currentSetting, measure, printTable, short, writeResult } from "./harness.ts";
import { benchProblems } from "./support/bench-problems.ts";
import { coldSolve } from "./support/cold-start.ts";
import { solveOdex } from "./support/odex.ts";
import { peerProblems, type PeerProblem } from "./support/peer-problems.ts";
import { relativeError } from "./support/relative-error.ts";
import { askScipy, type ScipyAnswer } from "./support/scipy.ts";
import { atError, budget, solveCurve, type WorkCurve } from "./support/work-curve.ts";

/** Times of all solvers for one error, by interpolation between tolerances. */
interface Row {
  readonly problem: string;
  readonly error: number;
  readonly us: Readonly<Record<string, number>>;
  /** Of odex and SciPy to the faster of tsit5 and vern7. */
  readonly ratios: Readonly<Record<string, number>>;
}

const tolerances = Array.from({ length: 9 }, (_, k) => 10 ** (-3 - k));
const wanted = [1e-4, 1e-6, 1e-8];
const gates: Readonly<Record<string, number>> = { odex: 3, "SciPy RK45": 50 };

function odexCurve({ returned }: PeerProblem, u0: readonly number[], end: number, exact: Float64Array): WorkCurve {
  const us = tolerances.map((tol) => 1000 * measure(() => void solveOdex(returned, u0, end, tol), budget));
  return { solver: "odex", error: tolerances.map((tol) => relativeError(solveOdex(returned, u0, end, tol), exact)), us };
}

const starts = peerProblems.map(({ id }) => benchProblems.find((one) => one.id === id)!);
const scipy: ScipyAnswer = askScipy(peerProblems.map(({ python }, i) => ({ python, u0: starts[i].u0, end: starts[i].end, tolerances })));
if ("missing" in scipy) console.log(`Without SciPy: ${scipy.missing}.`);

/** An error above a tenth is no solution. */
const isSolved = (error: number): boolean => error <= 0.1;

const figure = (name: string, problem: string, curves: readonly WorkCurve[]): void =>
  writeResult(`${name}.svg`, workPrecisionFigure({ name, problem, series: curves.map(({ solver, error, us }) => ({ solver, error: error.filter(isSolved), microseconds: us.filter((_, k) => isSolved(error[k])) })) }));

const rows: Row[] = peerProblems.flatMap((peer, i) => {
  const { f, u0, end } = starts[i];
  const structure = peer.id === "lotka_volterra" ? {} : { structure: "second-order" as const };
  // The order of the Pleiades' state is that of positions and then velocities, too.
  const problem = odeProblem(vectorField(f, { dim: u0.length, ...structure }), u0, [0, end]);
  const exact = solve(problem, vern9(), { reltol: 1e-14, abstol: 1e-14, saveAt: [end], dense: false, maxIters: 1e6 }).u[0];
  const errorOf = (u: Float64Array): number => relativeError(u, exact);
  const curves: WorkCurve[] = [...[tsit5(), vern7(), dop853()].map((algorithm) => solveCurve(problem, algorithm, tolerances, errorOf)), odexCurve(peer, u0, end, exact)];
  if (!("missing" in scipy)) curves.push({ solver: "SciPy RK45", error: scipy.answers[i].map(({ u }) => relativeError(u, exact)), us: scipy.answers[i].map(({ us }) => us) });
  if (problem.f.structure) curves.push(solveCurve(problem, dprkn6(), tolerances, errorOf));
  figure(`work-precision-${peer.id.replaceAll("_", "-")}`, peer.title, curves);
  return wanted.map((error): Row => {
    const us = Object.fromEntries(curves.map((curve) => [curve.solver, atError(curve.error, curve.us, error)]).filter(([, time]) => Number.isFinite(time)));
    const ours = Math.min(us["tsit5"] ?? Infinity, us["vern7"] ?? Infinity);
    return { problem: peer.id, error, us, ratios: Object.fromEntries(Object.keys(gates).filter((name) => name in us).map((name) => [name, us[name] / ours])) };
  });
});

const { f, u0, tspan, reference, scale } = stiffProblems.vdp1e3;
const stiffTolerances = Array.from({ length: 6 }, (_, k) => 10 ** (-3 - k));
const stiff = [rodas5P({ autonomous: true }), kvaerno5(), rosenbrock23({ autonomous: true }), autoTsit5(rodas5P({ autonomous: true }))]
  .map((algorithm) => solveCurve(odeProblem(f, u0, tspan), algorithm, stiffTolerances, (u) => relativeError(u, reference.at(-1)!.u), scale));
figure("work-precision-van-der-pol", "Van der Pol's oscillator with mu = 1000", stiff);

const cold = coldSolve(15);
const solvers = [...new Set(rows.flatMap(({ us }) => Object.keys(us)))];
const cell = (x: number | undefined): string => (x === undefined ? "" : short(x));
printTable(["problem", "error", ...solvers.map((name) => `${name} us`), ...Object.keys(gates).map((name) => `${name} ratio`)], rows.map(({ problem, error, us, ratios }) =>
  [problem, error.toExponential(0), ...solvers.map((name) => cell(us[name])), ...Object.keys(gates).map((name) => cell(ratios[name]))]));
const means = Object.fromEntries(Object.keys(gates).map((name) => {
  const all = rows.map(({ ratios }) => ratios[name]).filter((ratio) => ratio !== undefined);
  return [name, all.length === 0 ? null : Math.exp(all.reduce((s, r) => s + Math.log(r), 0) / all.length)];
}));
for (const [name, gate] of Object.entries(gates)) {
  const mean = means[name];
  console.log(mean === null ? `${name}: not measured` : `${name}: ${short(mean)} times slower in the mean, to be at least ${gate}: ${mean >= gate ? "yes" : "NO"}`);
}
console.log(`A fresh process: library ${short(cold.load)} ms, first solve ${short(cold.first)} ms, second ${short(cold.second)} ms`);
const setting = currentSetting();
const versions = { ...setting.versions, odex: "2.0.4", ...("missing" in scipy ? {} : { scipy: scipy.version, python: scipy.python }) };
writeResult("peers.json", `${JSON.stringify({ ...setting, versions, rows, means, gates, cold, missing: "missing" in scipy ? scipy.missing : null }, null, 2)}\n`);
