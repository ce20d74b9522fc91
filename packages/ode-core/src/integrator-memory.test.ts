import { setImmediate } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { algorithms, autoTsit5, odeProblem, solve, vectorField, type Algorithm, type OdeProblem, type VectorField } from "./index.ts";

const decay = (n: number): VectorField => vectorField((_t, u, _p, out) => {
  for (let i = 0; i < n; i++) out[i] = -u[i];
}, { dim: n });
const oscillators = (n: number): VectorField => vectorField((_t, u, _p, out) => {
  for (let i = 0; i < n / 2; i++) {
    out[i] = u[n / 2 + i];
    out[n / 2 + i] = -u[i];
  }
}, { dim: n, structure: "second-order" });
const [large, small, secondOrder] = [decay(64), decay(4), oscillators(64)];
/** Made anew each time, so that all of its arrays are counted. Methods with matrices get few components, so that a step is no work. */
const problemFor = ({ structure, massMatrix }: Algorithm): OdeProblem => {
  const f = structure ? secondOrder : massMatrix ? small : large;
  return odeProblem(f, Array.from({ length: f.dim }, () => 1), [0, 1]);
};

const run = (algorithm: Algorithm, steps: number): void => {
  const { stats } = solve(problemFor(algorithm), algorithm, { adaptive: false, dt: 1 / steps, saveAt: [1], dense: false, maxIters: 1e6 });
  expect(stats.naccept).toBe(steps);
};
const runAdaptive = (algorithm: Algorithm, steps: number): void => {
  const { stats } = solve(problemFor(algorithm), algorithm, { dtmax: 1 / steps, dt: 1 / steps, saveAt: [1], dense: false, maxIters: 1e6 });
  expect(stats.naccept).toBeGreaterThanOrEqual(steps);
};
const runStiff = (algorithm: Algorithm, steps: number): void => {
  const stiff = odeProblem((t, u, _p, out) => void (out[0] = 1e6 * (Math.cos(t) - u[0])), [1], [0, 1]);
  const { stats } = solve(stiff, algorithm, { dtmax: 1 / steps, saveAt: [1], dense: false, maxIters: 1e6 });
  expect(stats.njac).toBeGreaterThanOrEqual(steps);
};
const cases: [string, Algorithm, typeof run][] = [
  ...Object.values(algorithms).map((make) => make()).map((algorithm): [string, Algorithm, typeof run] => {
    const fixed = algorithm.startOrder === undefined;
    return [`${algorithm.name}, ${fixed ? "fixed" : "adaptive"} steps`, algorithm, fixed ? run : runAdaptive];
  }),
  ["tsit5, adaptive steps", algorithms.tsit5(), runAdaptive],
  ["autoTsit5, adaptive steps", autoTsit5(algorithms.rodas5P()), runAdaptive],
  ["autoTsit5, adaptive steps of its stiff method", autoTsit5(algorithms.rodas5P()), runStiff],
];

/** Numbers that a step boxes, 16 bytes each, as they are handed through calls that are not inlined: at most a few per stage. */
const boxed: Readonly<Record<string, number>> = {
  euler: 1, midpoint: 2, heun: 2, ralston: 2, rk4: 2, bs3: 5, dp5: 7, tsit5: 7, vern6: 9, vern7: 10, vern8: 10, vern9: 15, dop853: 8, vcab3: 2, vcab4: 2, vcab5: 2, vcabm: 5,
  rosenbrock23: 3, rodas4: 2, rodas5P: 3, radauIIA5: 2, implicitEuler: 4, trapezoid: 4, implicitMidpoint: 4, trbdf2: 6, kenCarp4: 12, kvaerno5: 14, fbdf: 7,
  symplecticEuler: 2, velocityVerlet: 3, ruth3: 4, mcAte4: 5, yoshida6: 9, kahanLi8: 19, dprkn6: 7,
  "tsit5, adaptive steps": 10, "autoTsit5, adaptive steps": 10, "autoTsit5, adaptive steps of its stiff method": 16,
};

test.each(cases)("%s: the heap does not grow by an object per step", async (name, algorithm, go) => {
  // The start of a solve is up to 30 bytes for each of so many steps, and half as many numbers again are boxed now and then. What is left to the bound is less than
  // an object, an array and a closure take together, some 260 bytes.
  const [steps, bound] = [2000, 24 * (boxed[name] ?? boxed[algorithm.name]) + 100];
  // Cold code boxes every number, and on a busy machine it stays cold for long, for ever where the event loop gets no turn: what
  // counts is that growth ends. Other work of the process only adds to it, and a collection makes it negative, or hides some of it once.
  const lowest = new Array<number>(5).fill(Infinity);
  for (const end = performance.now() + 60_000; lowest[4] >= bound && performance.now() < end;) {
    await setImmediate();
    const before = process.memoryUsage().heapUsed;
    go(algorithm, steps);
    const grown = process.memoryUsage().heapUsed - before;
    if (grown > 0) lowest.splice(4, 1, Math.min(lowest[4], grown / steps));
    lowest.sort((x, y) => x - y);
  }
  expect(lowest[4]).toBeLessThan(bound);
}, 120_000);

afterEach(() => void vi.unstubAllGlobals());

test.each(cases)("%s: more steps make no more typed arrays", (_name, algorithm, go) => {
  let made = 0;
  class Counted extends Float64Array {
    constructor(...args: [number]) {
      super(...args);
      made++;
    }
  }
  vi.stubGlobal("Float64Array", Counted);
  const count = (steps: number): number => {
    made = 0;
    go(algorithm, steps);
    return made;
  };
  const few = count(10);
  expect(few).toBeGreaterThan(3);
  expect(count(1000)).toBe(few);
});
