import { createRequire } from "node:module";
import type { InPlaceRhs } from "@fluxion/ode-core";
import { readJson } from "../../workspace.ts";

/** A right-hand side as other packages take it: one that returns a new array, and one that fills an array. */
export interface PeerRhs {
  readonly returned: (t: number, u: number[]) => number[];
  readonly filled: InPlaceRhs;
}

/** Solves from 0 to `end`; returns the state there. */
export type PeerSolve = (f: PeerRhs, u0: readonly number[], end: number, tol: number) => ArrayLike<number>;

const require = createRequire(import.meta.url);
const none = new Float64Array(0);

// The parts of the packages that are used: most come without types, or with ones that do not pass ours.
interface OdexSolver {
  relativeTolerance: number;
  absoluteTolerance: number;
  maxSteps: number;
  solve(f: PeerRhs["returned"], t0: number, u0: readonly number[], t1: number): { readonly y: readonly number[] };
}
interface DopriSolver {
  initialise(t: number, y: readonly number[]): void;
  run(t1: number): (times: readonly number[]) => number[][];
}
type DopriRhs = (t: number, y: Float64Array, dydt: Float64Array) => void;
interface CashKarp {
  readonly y: Float64Array;
  steps(n: number, t1: number): unknown;
}
type CashKarpRhs = (dydt: Float64Array, y: Float64Array, t: number) => void;
const { Solver } = require("odex") as { readonly Solver: new (n: number) => OdexSolver };
const { Dopri } = require("dopri") as { readonly Dopri: new (f: DopriRhs, n: number, control: Readonly<Record<string, number>>) => DopriSolver };
const ode45 = require("ode45-cash-karp") as (y0: Float64Array, f: CashKarpRhs, t0: number, dt: number, options: { readonly tol: number; readonly verbose: boolean }) => CashKarp;
const numeric = require("numeric") as { dopri(t0: number, t1: number, u0: readonly number[], f: PeerRhs["returned"], tol: number, maxit: number): { readonly y: readonly number[][] } };

/** Solvers of other npm packages by the name of the package, each as its documentation says. */
export const npmSolvers: Readonly<Record<string, PeerSolve>> = {
  odex: ({ returned }, u0, end, tol) => {
    const solver = new Solver(u0.length);
    solver.relativeTolerance = tol;
    solver.absoluteTolerance = tol;
    solver.maxSteps = 1e6;
    return solver.solve(returned, 0, u0, end).y;
  },
  dopri: ({ filled }, u0, end, tol) => {
    const solver = new Dopri((t, y, dydt) => filled(t, y, none, dydt), u0.length, { atol: tol, rtol: tol, maxSteps: 1e6, stepSizeMin: 1e-14 });
    solver.initialise(0, u0);
    return solver.run(end)([end])[0];
  },
  "ode45-cash-karp": ({ filled }, u0, end, tol) => {
    const solver = ode45(Float64Array.from(u0), (dydt, y, t) => filled(t, y, none, dydt), 0, 1e-3, { tol, verbose: false });
    solver.steps(Infinity, end);
    return solver.y;
  },
  numeric: ({ returned }, u0, end, tol) => numeric.dopri(0, end, u0, returned, tol, 1e6).y.at(-1)!,
};

/** Their versions. */
export const npmVersions = (): Record<string, string> => {
  const { devDependencies } = readJson<{ readonly devDependencies: Readonly<Record<string, string>> }>("package.json");
  return Object.fromEntries(Object.keys(npmSolvers).map((name) => [name, devDependencies[name]]));
};
