// `npm run bench -- solvers [PROBLEM ...]`: CPU time of methods through `solve` against compiled DOPRI5, DOP853 and RODAS.
import { dop853, dp5, odeProblem, rodas4, solve, tsit5, vern7, vern9, type Algorithm, type OdeProblem, type OdeSolution } from "@fluxion/ode-core";
import { benchProblems, stiffBenchProblems, type BenchProblem } from "./support/bench-problems.ts";
import { currentSetting, inOwnProcesses, writeResult } from "./harness.ts";
import { buildNative, removeNative, startNative, type NativeProgram, type NativeResult, type NativeSolver, type NativeSolvers } from "./support/native-solvers.ts";
import { relativeError } from "./support/relative-error.ts";
import { extrapolated } from "./support/work-curve.ts";
import { stiffProblems } from "../fixtures/stiff-problems.ts";

interface Row {
  readonly problem: string;
  readonly algorithm: string;
  readonly tol: number;
  readonly nfev: number;
  /** Largest error of the end state relative to its largest component. */
  readonly error: number;
  /** Least CPU time per solve over the rounds. */
  readonly cpu_us: number;
  /** What the ratios divide by, measured on the same core in turn; null without a C compiler. */
  readonly reference: string | null;
  readonly ratio: number | null;
  /** To the time of the reference for the same error: methods of one order have different errors at one tolerance. */
  readonly ratio_at_error: number | null;
}

/** What one process measures: a row without its ratios. */
type Measured = Omit<Row, "ratio" | "ratio_at_error">;

const rounds = 8;
const roundUs = 6_000;
const warmUpUs = 300_000;
/** Each method is measured this often on each problem, at different times. */
const passes = 8;
/** Which build is the faster one depends on the problem: it is the one that counts. */
const builds = [["-O2"], ["-O3", "-march=native"]];

interface Method {
  readonly algorithm: Algorithm;
  readonly compiled: NativeSolver;
  readonly tolerances: readonly number[];
}
const method = (algorithm: Algorithm, compiled: NativeSolver, tolerances = [1e-6, 1e-9]): Method => ({ algorithm, compiled, tolerances });
const explicit = [method(dp5(), "dopri5"), method(tsit5(), "dopri5"), method(vern7(), "dopri5"), method(dop853(), "dop853")];
const stiff = [method(rodas4({ autonomous: true }), "rodas", [1e-3, 1e-5, 1e-7])];

const cpuUs = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** Runs `work` until it took `us` of CPU time; returns how often. */
function spend(us: number, work: () => void): number {
  const begin = cpuUs();
  let count = 0;
  while (cpuUs() - begin < us) {
    work();
    count++;
  }
  return count;
}

/** The end of a solve by each build, the least time of all. */
async function fastest(natives: readonly NativeSolvers[], compiled: NativeSolver, id: string, tol: number, us: number): Promise<NativeResult | undefined> {
  const results: NativeResult[] = [];
  for (const native of natives) {
    const { cpuUs: once } = await native.solve(compiled, id, tol, 1);
    results.push(await native.solve(compiled, id, tol, Math.max(1, Math.round(us / once))));
  }
  return results.length === 0 ? undefined : { ...results[0], cpuUs: Math.min(...results.map((result) => result.cpuUs)) };
}

/** One method on one problem and the compiled one, with the states at the end. */
async function measure({ id, scale = 1 }: BenchProblem, problem: OdeProblem, { algorithm, compiled }: Method, tol: number, natives: readonly NativeSolvers[]): Promise<{ row: Measured; u: ArrayLike<number> }[]> {
  const options = { reltol: tol, abstol: scale * tol, saveAt: [problem.tspan[1]], dense: false, maxIters: 1e6 };
  let solution: OdeSolution | undefined;
  const run = (): void => {
    solution = solve(problem, algorithm, options);
  };
  spend(warmUpUs, run);
  const repeats = Math.max(1, spend(roundUs, run));
  let [own, theirs] = [Infinity, Infinity];
  let native: NativeResult | undefined;
  // In turn, so that both meet the same load of the machine.
  for (let round = 0; round < rounds; round++) {
    native = await fastest(natives, compiled, id, tol, roundUs);
    if (native) theirs = Math.min(theirs, native.cpuUs);
    const begin = cpuUs();
    for (let i = 0; i < repeats; i++) run();
    own = Math.min(own, (cpuUs() - begin) / repeats);
  }
  const { u, stats } = solution as OdeSolution;
  const reference = native ? `${compiled} (C)` : null;
  const row = (name: string, nfev: number, cpu_us: number): Measured => ({ problem: id, algorithm: name, tol, nfev, error: NaN, cpu_us, reference });
  return [{ row: row(algorithm.name, stats.nf, own), u: u[0] }, ...(native ? [{ row: row(`${compiled} (C)`, native.nfev, theirs), u: native.u }] : [])];
}

/** All of one method on one problem. The exact solution comes last, as its method would be compiled together with the measured one. */
async function measureAll(entry: BenchProblem, one: Method, programs: readonly NativeProgram[]): Promise<Measured[]> {
  const natives = programs.map((program) => startNative(program));
  const problem = odeProblem(entry.f, entry.u0, [0, entry.end]);
  const measured = [];
  for (const tol of one.tolerances) measured.push(...(await measure(entry, problem, one, tol, natives)));
  for (const native of natives) native.close();
  const exact = exactEnd(entry, problem);
  return measured.map(({ row, u }) => ({ ...row, error: relativeError(u, exact) }));
}

function exactEnd({ id, end }: BenchProblem, problem: OdeProblem): ArrayLike<number> {
  if (id in stiffProblems) return stiffProblems[id as keyof typeof stiffProblems].reference.at(-1)!.u;
  return solve(problem, vern9(), { reltol: 1e-14, abstol: 1e-14, saveAt: [end], dense: false, maxIters: 1e6 }).u[0];
}

function print({ problem, algorithm, tol, nfev, error, cpu_us, ratio, ratio_at_error }: Row): void {
  const ratios = [ratio, ratio_at_error].map((x) => (x === null ? "" : x.toFixed(2).padStart(6)));
  const cells = [problem.padEnd(17), algorithm.padEnd(11), tol.toExponential(0), String(nfev).padStart(7), error.toExponential(1).padStart(8), cpu_us.toFixed(1).padStart(9), ...ratios];
  console.log(cells.join("  "));
}

/** The rows of one method on one problem: the compiled one's too, which was measured beside it. */
function rowsOf([first, ...others]: Measured[][]): Row[] {
  const least = first.map((row, i): Measured => ({ ...row, cpu_us: Math.min(row.cpu_us, ...others.map((again) => again[i].cpu_us)) }));
  const natives = least.filter(({ algorithm, reference }) => algorithm === reference).sort((a, b) => b.tol - a.tol);
  return least.map((row): Row => {
    const native = natives.find(({ tol }) => tol === row.tol);
    const us = extrapolated(natives.map(({ error }) => error), natives.map(({ cpu_us }) => cpu_us), row.error);
    return { ...row, ratio: native ? row.cpu_us / native.cpu_us : null, ratio_at_error: native ? row.cpu_us / us : null };
  });
}

const wanted = process.argv.slice(2);
const entries: readonly { entry: BenchProblem; one: Method }[] = [
  ...benchProblems.flatMap((entry) => explicit.map((one) => ({ entry, one }))),
  ...stiffBenchProblems.flatMap((entry) => stiff.map((one) => ({ entry, one }))),
].filter(({ entry }) => wanted.length === 0 || wanted.includes(entry.id));
const partOf = ({ entry, one }: (typeof entries)[number]): string => `${entry.id} ${one.algorithm.name}`;
let programs: readonly NativeProgram[] = [];
const measured = await inOwnProcesses(
  entries.map(partOf),
  passes,
  (part, built: readonly NativeProgram[]) => {
    const { entry, one } = entries.find((candidate) => partOf(candidate) === part)!;
    return measureAll(entry, one, built);
  },
  () => (programs = builds.map((flags) => buildNative(flags)).filter((program) => program !== undefined)),
);
programs.forEach((program) => removeNative(program));
const isSame = (a: Measured, b: Measured): boolean => a.problem === b.problem && a.algorithm === b.algorithm && a.tol === b.tol;
const all = measured.flatMap(rowsOf);
/** A compiled method that was measured beside several of ours is shown once. */
const rows = all
  .filter((row, i) => all.findIndex((other) => isSame(row, other)) === i)
  .map((row) => ({ ...row, cpu_us: Math.min(...all.filter((other) => isSame(row, other)).map(({ cpu_us }) => cpu_us)) }));
console.log("problem            algorithm      tol     nfev     error     cpu_us   ratio  at equal error");
rows.forEach(print);
if (rows.every(({ ratio }) => ratio === null)) console.log("No C compiler: without the compiled references.");
const few = benchProblems.filter(({ u0 }) => u0.length <= 4);
const many = benchProblems.filter(({ u0 }) => u0.length === 28);
const groups = [...["dp5", "tsit5", "vern7", "dop853"].flatMap((name) => [[name, "n <= 4", few], [name, "n = 28", many]] as const), ["rodas4", "n <= 8", stiffBenchProblems] as const];
for (const [algorithm, label, problems] of groups) {
  const own = rows.filter((row) => row.algorithm === algorithm && row.ratio !== null && problems.some(({ id }) => id === row.problem));
  const mean = (of: (row: Row) => number | null): string => Math.exp(own.reduce((sum, row) => sum + Math.log(of(row) as number), 0) / own.length).toFixed(2);
  if (own.length > 0) console.log(`${algorithm}, ${label}: geometric mean of the ratios ${mean(({ ratio }) => ratio)}, at equal error ${mean((row) => row.ratio_at_error)}`);
}
writeResult("solvers.json", `${JSON.stringify({ ...currentSetting(), rows }, null, 2)}\n`);
