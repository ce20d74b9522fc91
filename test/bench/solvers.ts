// `npm run bench -- solvers [PROBLEM ...]`: CPU time of methods through `solve` against compiled DOPRI5, DOP853 and RODAS.
import { dop853, dp5, odeProblem, rodas4, solve, tsit5, vern7, vern9, type Algorithm, type OdeProblem } from "@fluxion/ode-core";
import { benchProblems, stiffBenchProblems, type BenchProblem } from "./support/bench-problems.ts";
import { currentSetting, writeResult } from "./harness.ts";
import { relativeError } from "./support/relative-error.ts";
import { startNative, type NativeSolver, type NativeSolvers } from "./support/native-solvers.ts";
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
  /** What `ratio` divides by; null without a C compiler. */
  readonly reference: string | null;
  readonly ratio: number | null;
}

const rounds = 15;
const roundUs = 15_000;
const warmUpUs = 400_000;
type Pair = readonly [Algorithm, NativeSolver];
const explicit: readonly Pair[] = [[dp5(), "dopri5"], [tsit5(), "dopri5"], [vern7(), "dopri5"], [dop853(), "dop853"]];
const stiff: readonly Pair[] = [[rodas4({ autonomous: true }), "rodas"]];

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

async function measure({ id, scale = 1 }: BenchProblem, problem: OdeProblem, [algorithm, compiled]: Pair, tol: number, exact: ArrayLike<number>, native: NativeSolvers | undefined): Promise<Row[]> {
  const options = { reltol: tol, abstol: scale * tol, saveAt: [problem.tspan[1]], dense: false, maxIters: 1e6 };
  const run = (): void => void solve(problem, algorithm, options);
  spend(warmUpUs, run);
  const repeats = Math.max(1, spend(roundUs, run));
  const warm = await native?.solve(compiled, id, tol, 100);
  const nativeRepeats = warm ? Math.max(1, Math.round(roundUs / warm.cpuUs)) : 0;
  let [own, theirs] = [Infinity, Infinity];
  // In turn, so that both meet the same load of the machine.
  for (let round = 0; round < rounds; round++) {
    if (native) theirs = Math.min(theirs, (await native.solve(compiled, id, tol, nativeRepeats)).cpuUs);
    const begin = cpuUs();
    for (let i = 0; i < repeats; i++) run();
    own = Math.min(own, (cpuUs() - begin) / repeats);
  }
  const { u, stats } = solve(problem, algorithm, options);
  const reference = native ? `${compiled} (C, cc -O2)` : null;
  const rows: Row[] = [{ problem: id, algorithm: algorithm.name, tol, nfev: stats.nf, error: relativeError(u[0], exact), cpu_us: own, reference, ratio: native ? own / theirs : null }];
  if (warm) rows.push({ problem: id, algorithm: `${compiled} (C)`, tol, nfev: warm.nfev, error: relativeError(warm.u, exact), cpu_us: theirs, reference, ratio: 1 });
  return rows;
}

function print({ problem, algorithm, tol, nfev, error, cpu_us, ratio }: Row): void {
  const cells = [problem.padEnd(17), algorithm.padEnd(11), tol.toExponential(0), String(nfev).padStart(7), error.toExponential(1).padStart(8), cpu_us.toFixed(1).padStart(9), ratio === null ? "" : ratio.toFixed(2).padStart(6)];
  console.log(cells.join("  "));
}

const native = startNative();
if (!native) console.log("No C compiler: without the compiled references.");
const wanted = process.argv.slice(2);
const rows: Row[] = [];
console.log("problem            algorithm      tol     nfev     error     cpu_us   ratio");
async function measureAll(entry: BenchProblem, exact: ArrayLike<number>, pairs: readonly Pair[], tolerances: readonly number[]): Promise<void> {
  const problem = odeProblem(entry.f, entry.u0, [0, entry.end]);
  for (const tol of tolerances) {
    for (const pair of pairs) {
      const measured = await measure(entry, problem, pair, tol, exact, native);
      // The compiled solver once per problem and tolerance is enough.
      rows.push(...measured.filter((row) => !rows.some((other) => other.problem === row.problem && other.algorithm === row.algorithm && other.tol === row.tol)));
      measured.slice(0, 1).forEach(print);
    }
  }
}

const isWanted = ({ id }: BenchProblem): boolean => wanted.length === 0 || wanted.includes(id);
for (const entry of benchProblems.filter(isWanted)) {
  const exact = solve(odeProblem(entry.f, entry.u0, [0, entry.end]), vern9(), { reltol: 1e-14, abstol: 1e-14, saveAt: [entry.end], dense: false, maxIters: 1e6 }).u[0];
  await measureAll(entry, exact, explicit, [1e-6, 1e-9]);
}
for (const entry of stiffBenchProblems.filter(isWanted)) {
  await measureAll(entry, stiffProblems[entry.id as keyof typeof stiffProblems].reference.at(-1)!.u, stiff, [1e-3, 1e-5, 1e-7]);
}
native?.close();
const few = benchProblems.filter(({ u0 }) => u0.length <= 4);
const many = benchProblems.filter(({ u0 }) => u0.length === 28);
const groups = [...["dp5", "tsit5", "vern7", "dop853"].flatMap((name) => [[name, "n <= 4", few], [name, "n = 28", many]] as const), ["rodas4", "n <= 8", stiffBenchProblems] as const];
for (const [algorithm, label, problems] of groups) {
  const ratios = rows.filter((row) => row.algorithm === algorithm && row.ratio !== null && problems.some(({ id }) => id === row.problem)).map((row) => row.ratio as number);
  if (ratios.length > 0) console.log(`${algorithm}, ${label}: geometric mean of the ratios ${Math.exp(ratios.reduce((s, r) => s + Math.log(r), 0) / ratios.length).toFixed(2)}`);
}
writeResult("solvers.json", `${JSON.stringify({ ...currentSetting(), rows }, null, 2)}\n`);
