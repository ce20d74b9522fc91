import type { Algorithm, InPlaceRhs } from "@fluxion/ode-core";
import { ofStructure } from "./of-structure.ts";

/** Where to begin, at t = 0. */
interface Start {
  readonly f: InPlaceRhs;
  readonly u0: readonly number[];
}

/** A start with the first component of its solution. */
interface Followed extends Start {
  readonly exact: (t: number) => number;
}

/** What error-controlled solves are tried on besides `exactProblems`, in the form that an algorithm needs. */
export interface AdaptiveProblems {
  /** Infinite at t = 1. */
  readonly blowUp: Start;
  /** Whose right-hand side is not finite far ahead; up to t = 0.9. */
  readonly root: Followed;
  readonly notFinite: Start;
  /** A jump of the right-hand side at t = 1. */
  readonly kink: Followed;
  /** A kink of the right-hand side at t = 1, up to which slopes hardly move. */
  readonly bend: Followed;
  /** Of 10,000 components that are `sin t` where they begin with 0, and `cos t` where with 1. */
  readonly wide: Start;
  /** Whose component 1 moves by some 1e-8: `exact` is that one. `abstol` suits it, and is 1e-5 for component 0. */
  readonly scales: Followed & { readonly abstol: readonly number[] };
}

const many = 10_000;

const firstOrder: AdaptiveProblems = {
  blowUp: { f: (_t, u, _p, du) => void (du[0] = u[0] * u[0]), u0: [1] },
  root: { f: (_t, u, _p, du) => void (du[0] = -2 * Math.sqrt(u[0])), u0: [1], exact: (t) => (1 - t) ** 2 },
  notFinite: { f: (_t, _u, _p, du) => void (du[0] = NaN), u0: [1] },
  kink: {
    f: (t, u, _p, du) => void (du[0] = t < 1 ? -u[0] : 3 * Math.cos(3 * (t - 1))),
    u0: [1],
    exact: (t) => (t < 1 ? Math.exp(-t) : Math.exp(-1) + Math.sin(3 * (t - 1))),
  },
  bend: {
    f: (t, u, _p, du) => void (du[0] = Math.max(0, t - 1) - 0.1 * u[0]),
    u0: [1],
    exact: (t) => Math.exp(-0.1 * t) + (t < 1 ? 0 : 10 * (t - 1) + 100 * Math.expm1(-0.1 * (t - 1))),
  },
  wide: {
    f: (t, u, _p, du) => {
      const [c, s] = [Math.cos(t), Math.sin(t)];
      for (let i = 0; i < many; i++) du[i] = c - (i / many) * (u[i] - s);
    },
    u0: new Array<number>(many).fill(0),
  },
  scales: { f: (t, u, _p, du) => du.set([-u[0], 2e-7 * Math.cos(20 * t)]), u0: [1, 0], exact: (t) => 1e-8 * Math.sin(20 * t), abstol: [1e-5, 1e-12] },
};

const secondOrder: AdaptiveProblems = {
  blowUp: { f: (_t, u, _p, du) => du.set([u[1], 6 * u[0] * u[0]]), u0: [1, 2] },
  root: { f: (_t, u, _p, du) => du.set([u[1], 12 * Math.sqrt(u[0])]), u0: [1, -4], exact: (t) => (1 - t) ** 4 },
  notFinite: { f: (_t, u, _p, du) => du.set([u[1], NaN]), u0: [1, 0] },
  kink: {
    f: (t, u, _p, du) => du.set([u[1], t < 1 ? -u[0] : -9 * Math.sin(3 * (t - 1))]),
    u0: [0, 1],
    exact: (t) => (t < 1 ? Math.sin(t) : Math.sin(1) + (Math.cos(1) - 3) * (t - 1) + Math.sin(3 * (t - 1))),
  },
  bend: {
    f: (t, u, _p, du) => du.set([u[1], Math.max(0, t - 1) - 0.01 * u[0]]),
    u0: [1, 0],
    exact: (t) => Math.cos(0.1 * t) + (t < 1 ? 0 : 100 * (t - 1) - 1000 * Math.sin(0.1 * (t - 1))),
  },
  wide: {
    f: (t, u, _p, du) => {
      const half = many / 2;
      const s = Math.sin(t);
      for (let i = 0; i < half; i++) {
        du[i] = u[half + i];
        du[half + i] = -s - (i / half) * (u[i] - s);
      }
    },
    u0: Array.from({ length: many }, (_, i) => (i < many / 2 ? 0 : 1)),
  },
  scales: {
    f: (t, u, _p, du) => du.set([u[2], u[3], -u[0], 4e-6 * Math.cos(20 * t)]),
    u0: [1, 0, 0, 0],
    exact: (t) => 1e-8 * (1 - Math.cos(20 * t)),
    abstol: [1e-5, 1e-12, 1e-5, 2e-11],
  },
};

/** The problems with the structure that `algorithm` needs. */
export const adaptiveProblems = (algorithm: Algorithm): AdaptiveProblems => ofStructure(algorithm, firstOrder, secondOrder);
