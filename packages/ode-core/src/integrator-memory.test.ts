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

test.each(cases)("%s: the heap does not grow by an object per step", async (_name, algorithm, go) => {
  const [steps, bound] = [2000, 400];
  // Cold code boxes every number, and on a busy machine it stays cold for long, for ever where the event loop gets no turn: what
  // counts is that growth ends. Other work of the process only adds to it, and a collection makes it negative.
  let bytes = Infinity;
  for (const end = performance.now() + 60_000; bytes >= bound && performance.now() < end;) {
    await setImmediate();
    const before = process.memoryUsage().heapUsed;
    go(algorithm, steps);
    const grown = process.memoryUsage().heapUsed - before;
    if (grown > 0) bytes = Math.min(bytes, grown / steps);
  }
  // Numbers handed through calls that are not inlined are boxed, 16 bytes each: at most a few per stage.
  expect(bytes).toBeLessThan(bound);
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
