// Multistep methods through `solve` against CVODE of SUNDIALS at equal error: `npm run bench -- sundials`.
import { fbdf, odeProblem, solve, vcabm, vern9, type Algorithm, type OdeProblem } from "@fluxion/ode-core";
import { stiffProblems } from "../fixtures/stiff-problems.ts";
import { currentSetting, inOwnProcesses, printTable, short, writeResult } from "./harness.ts";
import { benchProblems, stiffBenchProblems } from "./support/bench-problems.ts";
import { buildNative, removeNative, startNative, type NativeProgram, type NativeSolver, type NativeSolvers } from "./support/native-solvers.ts";
import { relativeError } from "./support/relative-error.ts";
import { atError, solveCurve, type CountedCurve } from "./support/work-curve.ts";

/** Work of both for one error, by interpolation between tolerances. */
interface Row {
  readonly problem: string;
  readonly algorithm: string;
  readonly error: number;
  readonly nfev: number;
  readonly cvode_nfev: number;
  readonly us: number;
  readonly cvode_us: number;
}

const tolerances = Array.from({ length: 9 }, (_, k) => 10 ** (-3 - k));
const wanted = [1e-4, 1e-6, 1e-8];
const rounds = 15;
const roundUs = 10_000;

/** Of the component that is most wrong, as those of stiff kinetics differ by orders of magnitude. */
const componentError = (u: ArrayLike<number>, exact: readonly number[]): number => exact.reduce((worst, x, i) => Math.max(worst, Math.abs(u[i] / x - 1)), 0);

async function cvodeCurve(native: NativeSolvers, solver: NativeSolver, id: string, errorOf: (u: ArrayLike<number>) => number): Promise<CountedCurve> {
  const at: { error: number; us: number; nfev: number }[] = [];
  for (const tol of tolerances) {
    const { u, nfev, cpuUs } = await native.solve(solver, id, tol, 10);
    let us = cpuUs;
    for (let i = 0; i < rounds; i++) us = Math.min(us, (await native.solve(solver, id, tol, Math.ceil(roundUs / cpuUs))).cpuUs);
    at.push({ error: errorOf(u), us, nfev });
  }
  return { solver, error: at.map(({ error }) => error), us: at.map(({ us }) => us), nfev: at.map(({ nfev }) => nfev) };
}

async function compare(native: NativeSolvers, id: string, problem: OdeProblem, algorithm: Algorithm, solver: NativeSolver, errorOf: (u: ArrayLike<number>) => number, scale?: number): Promise<Row[]> {
  // Ours comes first, as the method of the exact solution would be compiled together with it.
  const ours = solveCurve(problem, algorithm, tolerances, errorOf, scale);
  const theirs = await cvodeCurve(native, solver, id, errorOf);
  return wanted.flatMap((error) => {
    const of = ({ error: errors, us, nfev }: CountedCurve): readonly [number, number] => [atError(errors, nfev, error), atError(errors, us, error)];
    const [[nfev, us], [cvodeNfev, cvodeUs]] = [of(ours), of(theirs)];
    return Number.isFinite(us + cvodeUs) ? [{ problem: id, algorithm: algorithm.name, error, nfev, cvode_nfev: cvodeNfev, us, cvode_us: cvodeUs }] : [];
  });
}

/** By the names of the problems. */
const comparisons: Readonly<Record<string, (native: NativeSolvers) => Promise<Row[]>>> = {
  ...Object.fromEntries(benchProblems.filter(({ id }) => id !== "brusselator1d_32").map(({ id, f, u0, end }) => [id, (native: NativeSolvers) => {
    const problem = odeProblem(f, u0, [0, end]);
    let exact: Float64Array | undefined;
    const solved = (): Float64Array => (exact ??= solve(problem, vern9(), { reltol: 1e-14, abstol: 1e-14, saveAt: [end], dense: false, maxIters: 1e6 }).u[0]);
    return compare(native, id, problem, vcabm(), "cvode_adams", (u) => relativeError(u, solved()));
  }])),
  ...Object.fromEntries(stiffBenchProblems.map(({ id, f, u0, end, scale }) => [id, (native: NativeSolvers) => {
    const exact = stiffProblems[id as keyof typeof stiffProblems].reference.at(-1)!.u;
    return compare(native, id, odeProblem(f, u0, [0, end]), fbdf(), "cvode_bdf", (u) => componentError(u, exact), scale);
  }])),
};

function stop(why: string): never {
  console.error(`Cannot compare with CVODE as SUNDIALS 6 or later must be installed: ${why}`);
  process.exit(2);
}

function build(): NativeProgram {
  const built = buildNative();
  if (!built) stop("there is no C compiler");
  if ("missing" in built.sundials) {
    removeNative(built);
    stop(built.sundials.missing);
  }
  return (program = built);
}

async function measureOne(id: string, built: NativeProgram): Promise<Row[]> {
  const native = startNative(built);
  const measured = await comparisons[id](native);
  native.close();
  return measured;
}

let program!: NativeProgram;
const passes = await inOwnProcesses(Object.keys(comparisons), 2, measureOne, build);
removeNative(program);
const rows = passes.flatMap(([first, ...others]) =>
  first.map((row, i): Row => ({ ...row, us: Math.min(row.us, ...others.map((again) => again[i].us)), cvode_us: Math.min(row.cvode_us, ...others.map((again) => again[i].cvode_us)) })));
printTable(["problem", "algorithm", "error", "nfev", "CVODE nfev", "ratio", "us", "CVODE us", "ratio"], rows.map((row) =>
  [row.problem, row.algorithm, row.error.toExponential(0), ...[row.nfev, row.cvode_nfev, row.cvode_nfev / row.nfev, row.us, row.cvode_us, row.cvode_us / row.us].map(short)]));
const mean = (values: readonly number[]): number => Math.exp(values.reduce((s, x) => s + Math.log(x), 0) / values.length);
const means = Object.fromEntries(["vcabm", "fbdf"].map((name) => {
  const own = rows.filter(({ algorithm }) => algorithm === name);
  return [name, { nfev: mean(own.map((row) => row.cvode_nfev / row.nfev)), us: mean(own.map((row) => row.cvode_us / row.us)) }];
}));
for (const [name, { nfev, us }] of Object.entries(means)) console.log(`${name}: CVODE takes ${short(nfev)} times the evaluations and ${short(us)} times the time in the mean`);
const setting = currentSetting();
writeResult("sundials.json", `${JSON.stringify({ ...setting, versions: { ...setting.versions, sundials: (program.sundials as { version: string }).version }, rows, means }, null, 2)}\n`);
