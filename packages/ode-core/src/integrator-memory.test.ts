import { Session } from "node:inspector/promises";
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

/** A number of its own on the heap, in bytes: calls that are not inlined, and cold code, hand them over so. */
const boxed = 16;

/** How many objects larger than a number each function makes while `work` runs: the most of all of them. */
async function mostObjectsOf(work: () => void): Promise<number> {
  const session = new Session();
  session.connect();
  try {
    const all = { samplingInterval: 1, includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true };
    await session.post("HeapProfiler.startSampling", all);
    work();
    const { profile } = await session.post("HeapProfiler.stopSampling");
    const { samples } = profile as typeof profile & { readonly samples: readonly { readonly size: number; readonly nodeId: number }[] };
    const counts = new Map<number, number>();
    for (const { size, nodeId } of samples) if (size > boxed) counts.set(nodeId, (counts.get(nodeId) ?? 0) + 1);
    return Math.max(0, ...counts.values());
  } finally {
    session.disconnect();
  }
}

test.each(cases)("%s: no function makes an object per step", async (_name, algorithm, go) => {
  const steps = 500;
  go(algorithm, 2000);
  // What the engine makes once, as it learns the types of a function, is up to 130.
  expect(await mostObjectsOf(() => go(algorithm, steps))).toBeLessThan(steps / 2);
});

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
