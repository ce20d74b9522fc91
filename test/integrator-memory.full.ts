import { Session } from "node:inspector/promises";
import { mul, sin, sub, tracedField } from "@fluxion/autodiff";
import { algorithms, autoTsit5, continuousCallback, linearize, odeProblem, solve, vectorField, type Algorithm, type Callback, type OdeProblem, type VectorField } from "@fluxion/ode-core";
import { forwardSensitivity } from "@fluxion/sensitivity";
import { afterEach, expect, test, vi } from "vitest";

const decay = (n: number): VectorField => vectorField((_t, u, _p, out) => {
  for (let i = 0; i < n; i++) out[i] = -u[i];
}, { dim: n });
const oscillators = (n: number): VectorField => vectorField((_t, u, _p, out) => {
  for (let i = 0; i < n / 2; i++) {
    out[i] = u[n / 2 + i];
    out[n / 2 + i] = -u[i];
  }
}, { dim: n, structure: "second-order" });
/** Made anew each time, so that all of its arrays are counted. */
const problemFor = ({ structure }: Algorithm, n: number): OdeProblem => odeProblem((structure ? oscillators : decay)(n), Array.from({ length: n }, () => 1), [0, 1]);

type Run = (algorithm: Algorithm, steps: number) => void;
/** Methods with matrices get few components, so that a step is no work. */
const fixed: Run = (algorithm, steps) => {
  const problem = problemFor(algorithm, algorithm.massMatrix ? 4 : 64);
  const { stats } = solve(problem, algorithm, { adaptive: false, dt: 1 / steps, saveAt: [1], dense: false, maxIters: 1e6 });
  expect(stats.naccept).toBe(steps);
};
/** Steps that no error shortens. There is code of its own for systems of up to four components. */
const adaptive = (n: number, callback?: Callback): Run => (algorithm, steps) => {
  const { stats } = solve(problemFor(algorithm, n), algorithm, { reltol: 0.1, abstol: 0.1, dtmax: 1 / steps, dt: 1 / steps, saveAt: [1], dense: false, maxIters: 1e6, ...(callback ? { callback } : {}) });
  expect(stats.naccept).toBeGreaterThanOrEqual(steps);
};
const stiffSteps: Run = (algorithm, steps) => {
  const stiff = odeProblem((t, u, _p, out) => void (out[0] = 1e6 * (Math.cos(t) - u[0])), [1], [0, 1]);
  const { stats } = solve(stiff, algorithm, { dtmax: 1 / steps, saveAt: [1], dense: false, maxIters: 1e6 });
  expect(stats.njac).toBeGreaterThanOrEqual(steps);
};
/** With the derivatives of the state by parameters beside it. */
const withTangents: Run = (algorithm, steps) => {
  const field = tracedField((t, u, p) => sub(mul(p, sin(mul(t, u))), u), { dim: 3, paramCount: 3 });
  const options = { reltol: 0.1, abstol: 0.1, dtmax: 1 / steps, dt: 1 / steps, saveAt: [1], maxIters: 1e6 };
  const { solution } = linearize(odeProblem(field, [1, 2, 3], [0, 1], [1, 0.5, 2]), algorithm, { ...options, sensealg: forwardSensitivity() });
  expect(solution.stats.naccept).toBeGreaterThanOrEqual(steps);
};
/** Far from zero, so that only the ends of steps are looked at. */
const never = continuousCallback({ condition: (_t, u) => u[0] - 99 });
const hasErrorControl = ({ stepper }: Algorithm): boolean => stepper({ rhs: (_t, _u, out) => void out.fill(0) }, 2, { reltol: 1e-6, abstol: 1e-6 }).error !== undefined;
const methods = Object.values(algorithms).map((make) => make());
const takesFixed = [...methods.filter((algorithm) => !hasErrorControl(algorithm)), algorithms.tsit5(), algorithms.rodas5P(), algorithms.kvaerno5()];
const takesAdaptive = [...methods.filter(hasErrorControl), autoTsit5(algorithms.rodas5P())];
const cases: [string, Algorithm, Run][] = [
  ...takesFixed.map((algorithm): [string, Algorithm, Run] => [`${algorithm.name}, fixed steps`, algorithm, fixed]),
  ...takesAdaptive.flatMap((algorithm): [string, Algorithm, Run][] => [
    [`${algorithm.name}, adaptive steps of 8 components`, algorithm, adaptive(8)],
    [`${algorithm.name}, adaptive steps of 2 components watched by a callback`, algorithm, adaptive(2, never)],
  ]),
  ...takesAdaptive.filter(({ massMatrix }) => massMatrix).map((algorithm): [string, Algorithm, Run] => [`${algorithm.name}, forward sensitivities`, algorithm, withTangents]),
  ["autoTsit5, adaptive steps of its stiff method", autoTsit5(algorithms.rodas5P()), stiffSteps],
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
  const steps = 400;
  go(algorithm, 2000);
  // What the engine makes once, as it learns the types of a function, is up to 180.
  expect(await mostObjectsOf(() => go(algorithm, steps))).toBeLessThan(0.9 * steps);
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
  expect(count(100)).toBe(few);
});
