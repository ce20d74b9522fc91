// Time of whole solves against their errors, beside other libraries: `npm run bench -- peers`.
import { workPrecisionFigure } from "@fluxion/cli";
import { autoTsit5, dop853, dprkn6, kvaerno5, odeProblem, rodas5P, rosenbrock23, solve, tsit5, vectorField, vern7, vern9, type OdeProblem } from "@fluxion/ode-core";
import { stiffProblems } from "../fixtures/stiff-problems.ts";
import { currentSetting, inOwnProcesses, measure, printTable, short, writeResult } from "./harness.ts";
import { benchProblems } from "./support/bench-problems.ts";
import { coldSolve, leastOf } from "./support/cold-start.ts";
import { npmSolvers, npmVersions, type PeerRhs } from "./support/npm-solvers.ts";
import { peerProblems } from "./support/peer-problems.ts";
import { relativeError } from "./support/relative-error.ts";
import { askScipy, type ScipyAnswer } from "./support/scipy.ts";
import { atError, budget, solveCurve, type WorkCurve } from "./support/work-curve.ts";

/** Times of all solvers for one error, by interpolation between tolerances. */
interface Row {
  readonly problem: string;
  readonly error: number;
  readonly us: Readonly<Record<string, number>>;
  /** Of the others to the faster of tsit5 and vern7. */
  readonly ratios: Readonly<Record<string, number>>;
}

const tolerances = Array.from({ length: 9 }, (_, k) => 10 ** (-3 - k));
const stiffTolerances = tolerances.slice(0, 6);
const wanted = [1e-4, 1e-6, 1e-8];
const gates: Readonly<Record<string, number>> = { ...Object.fromEntries(Object.keys(npmSolvers).map((name) => [name, 3])), "SciPy RK45": 50 };

function npmCurve(solver: string, f: PeerRhs, u0: readonly number[], end: number, errorOf: (u: ArrayLike<number>) => number): WorkCurve {
  const run = npmSolvers[solver];
  const us = tolerances.map((tol) => 1000 * measure(() => void run(f, u0, end, tol), budget));
  return { solver, error: tolerances.map((tol) => errorOf(run(f, u0, end, tol))), us };
}

const starts = peerProblems.map(({ id }) => benchProblems.find((one) => one.id === id)!);

/** Curves of what runs in this process by their names: the problem, then the solver. */
const curves: Readonly<Record<string, () => WorkCurve>> = Object.fromEntries([
  ...peerProblems.flatMap((peer, i) => {
    const { f, u0, end } = starts[i];
    const structure = peer.id === "lotka_volterra" ? {} : { structure: "second-order" as const };
    // The order of the Pleiades' state is that of positions and then velocities, too.
    const problem = odeProblem(vectorField(f, { dim: u0.length, ...structure }), u0, [0, end]);
    let exact: Float64Array | undefined;
    const errorOf = (u: ArrayLike<number>): number => relativeError(u, (exact ??= exactEnd(problem)));
    const own = [tsit5(), vern7(), dop853(), ...(problem.f.structure ? [dprkn6()] : [])];
    return [
      ...own.map((algorithm): [string, () => WorkCurve] => [`${peer.id} ${algorithm.name}`, () => solveCurve(problem, algorithm, tolerances, errorOf)]),
      ...Object.keys(npmSolvers).map((name): [string, () => WorkCurve] => [`${peer.id} ${name}`, () => npmCurve(name, { returned: peer.returned, filled: f }, u0, end, errorOf)]),
    ];
  }),
  ...[rodas5P({ autonomous: true }), kvaerno5(), rosenbrock23({ autonomous: true }), autoTsit5(rodas5P({ autonomous: true }))].map((algorithm): [string, () => WorkCurve] => {
    const { f, u0, tspan, reference, scale } = stiffProblems.vdp1e3;
    return [`vdp1e3 ${algorithm.name}`, () => solveCurve(odeProblem(f, u0, tspan), algorithm, stiffTolerances, (u) => relativeError(u, reference.at(-1)!.u), scale)];
  }),
]);

function exactEnd(problem: OdeProblem): Float64Array {
  return solve(problem, vern9(), { reltol: 1e-14, abstol: 1e-14, saveAt: [problem.tspan[1]], dense: false, maxIters: 1e6 }).u[0];
}

const names = Object.keys(curves);
const passes = await inOwnProcesses(names, 4, (name) => curves[name](), () => null);
const measured = passes.map(([first, ...others]): WorkCurve => ({ ...first, us: first.us.map((us, k) => Math.min(us, ...others.map((again) => again.us[k]))) }));
const measuredFor = (problem: string): WorkCurve[] => measured.filter((_, i) => names[i].startsWith(`${problem} `));
const scipy: ScipyAnswer = askScipy(peerProblems.map(({ python }, i) => ({ python, u0: starts[i].u0, end: starts[i].end, tolerances })));
if ("missing" in scipy) console.log(`Without SciPy: ${scipy.missing}.`);

/** An error above a tenth is no solution. */
const isSolved = (error: number): boolean => error <= 0.1;

const figure = (name: string, problem: string, all: readonly WorkCurve[]): void =>
  writeResult(`${name}.svg`, workPrecisionFigure({ name, problem, series: all.map(({ solver, error, us }) => ({ solver, error: error.filter(isSolved), microseconds: us.filter((_, k) => isSolved(error[k])) })) }));

const rows: Row[] = peerProblems.flatMap((peer, i) => {
  const { f, u0, end } = starts[i];
  const all = measuredFor(peer.id);
  if (!("missing" in scipy)) {
    const exact = exactEnd(odeProblem(f, u0, [0, end]));
    all.push({ solver: "SciPy RK45", error: scipy.answers[i].map(({ u }) => relativeError(u, exact)), us: scipy.answers[i].map(({ us }) => us) });
  }
  figure(`work-precision-${peer.id.replaceAll("_", "-")}`, peer.title, all);
  return wanted.map((error): Row => {
    const us = Object.fromEntries(all.map((one) => [one.solver, atError(one.error, one.us, error)]).filter(([, time]) => Number.isFinite(time)));
    const ours = Math.min(us["tsit5"] ?? Infinity, us["vern7"] ?? Infinity);
    return { problem: peer.id, error, us, ratios: Object.fromEntries(Object.keys(gates).filter((name) => name in us).map((name) => [name, us[name] / ours])) };
  });
});
figure("work-precision-van-der-pol", "Van der Pol's oscillator with mu = 1000", measuredFor("vdp1e3"));

const cold = leastOf(coldSolve(15));
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
const versions = { ...setting.versions, ...npmVersions(), ...("missing" in scipy ? {} : { scipy: scipy.version, python: scipy.python }) };
writeResult("peers.json", `${JSON.stringify({ ...setting, versions, rows, means, gates, cold, missing: "missing" in scipy ? scipy.missing : null }, null, 2)}\n`);
