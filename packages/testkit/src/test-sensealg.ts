import { linearize, odeProblem, rk4, solve, tsit5, vectorField, type Cotangent, type OdeProblem, type SensitivityAlgorithm, type SolveOptions } from "@fluxion/ode-core";
import { describe, expect, test } from "vitest";

/** What a conformance test of a sensitivity algorithm expects. */
export interface TestSensealgOptions {
  /** Largest error of a gradient relative to its largest entry, at solver tolerance 1e-10. Default 1e-8. */
  readonly tolerance?: number | undefined;
  /** Whether gradients are those of the computed fixed steps, to 1e-8, however long these are. Default false. */
  readonly discrete?: boolean | undefined;
}

/** Rotation with speed `p_0 t`; `p_1` is unused. Its solution and gradients are known. */
const rotation = vectorField(
  (t, u, p, out) => {
    out[0] = -p[0] * t * u[1];
    out[1] = p[0] * t * u[0];
  },
  {
    dim: 2,
    paramCount: 2,
    jvp: (t, u, p, du, dp, out) => {
      out[0] = -p[0] * t * du[1] - (dp ? dp[0] * t * u[1] : 0);
      out[1] = p[0] * t * du[0] + (dp ? dp[0] * t * u[0] : 0);
    },
    vjp: (t, u, p, w, outU, outP) => {
      outU[0] = p[0] * t * w[1];
      outU[1] = -p[0] * t * w[0];
      outP[0] += t * (w[1] * u[0] - w[0] * u[1]);
    },
  },
);

/** `du/dt = p_0 u (1 - u / p_1)`. */
const logistic = vectorField((_t, u, p, out) => void (out[0] = p[0] * u[0] * (1 - u[0] / p[1])), {
  dim: 1,
  paramCount: 2,
  jvp: (_t, u, p, du, dp, out) => {
    out[0] = p[0] * (1 - (2 * u[0]) / p[1]) * du[0];
    if (dp) out[0] += u[0] * (1 - u[0] / p[1]) * dp[0] + p[0] * (u[0] / p[1]) ** 2 * dp[1];
  },
  vjp: (_t, u, p, w, outU, outP) => {
    outU[0] = p[0] * (1 - (2 * u[0]) / p[1]) * w[0];
    outP[0] += u[0] * (1 - u[0] / p[1]) * w[0];
    outP[1] += p[0] * (u[0] / p[1]) ** 2 * w[0];
  },
});

interface Case {
  readonly name: string;
  readonly problem: OdeProblem;
  /** `[du/du0..., du/dp...]` at time t, contracted with `w`. */
  gradient(t: number, w: Float64Array): number[];
}

function cases(): Case[] {
  return [[0.3, 2.1], [2.1, 0.3]].flatMap(([t0, t1]): Case[] => [
    {
      name: `a rotation from ${t0} to ${t1}`,
      problem: odeProblem(rotation, [0.8, -0.5], [t0, t1], [1.3, 7]),
      gradient: (t, w) => {
        const half = (t * t - t0 * t0) / 2;
        const [c, s] = [Math.cos(1.3 * half), Math.sin(1.3 * half)];
        const [x, y] = [c * 0.8 + s * 0.5, s * 0.8 - c * 0.5];
        return [c * w[0] + s * w[1], c * w[1] - s * w[0], half * (w[1] * x - w[0] * y), 0];
      },
    },
    {
      name: `logistic growth from ${t0} to ${t1}`,
      problem: odeProblem(logistic, [0.4], [t0, t1], [1.2, 2]),
      gradient: (t, [w]) => {
        const [u0, r, K] = [0.4, 1.2, 2];
        const e = Math.exp(-r * (t - t0));
        const D = u0 + (K - u0) * e;
        // u = K u0 / D
        return [(w * K * K * e) / D ** 2, (w * K * u0 * (K - u0) * (t - t0) * e) / D ** 2, (w * u0 * u0 * (1 - e)) / D ** 2];
      },
    },
  ]);
}

const tight: SolveOptions = { reltol: 1e-10, abstol: 1e-12 };
const weights = (count: number, n: number, seed = 0): Float64Array[] => Array.from({ length: count }, (_, i) => Float64Array.from({ length: n }, (__, j) => Math.sin(3 * i + 2 * j + 1 + seed)));
const flat = ({ du0, dp }: Cotangent): number[] => [...du0, ...dp];
const scaledDistance = (x: readonly number[], y: readonly number[]): number => Math.max(...x.map((v, i) => Math.abs(v - y[i]))) / Math.max(...y.map(Math.abs));
const code = (expected: string): unknown => expect.objectContaining({ code: expected });

/**
 * Declares the conformance tests of a sensitivity algorithm: gradients by `u0` and `p` against closed forms, forwards and
 * backwards in time, with states saved at the ends, between steps and at every step; linearity, also by factors of 1e-10 and 1e10; repeatability; that `push`, where it says there is one, is
 * the transpose of `pull`; what it throws.
 * To be called in a vitest file.
 *
 * @param make - The factory.
 */
export function testSensealg(make: () => SensitivityAlgorithm, { tolerance = 1e-8, discrete = false }: TestSensealgOptions = {}): void {
  const sensealg = make();
  describe(`sensealg "${sensealg.name}"`, () => {
    for (const item of cases()) gradientTests(sensealg, item, tolerance);
    if (discrete) discreteTests(sensealg);
    contractTests(sensealg, cases()[0].problem, tolerance);
    pushTests(sensealg, tolerance);
  });
}

function gradientTests(sensealg: SensitivityAlgorithm, { name, problem, gradient }: Case, tolerance: number): void {
  const [t0, t1] = problem.tspan;
  const mid = (x: number): number => t0 + x * (t1 - t0);
  const saves: [string, SolveOptions][] = [
    ["at the end", { saveAt: [t1] }],
    ["at the start", { saveAt: [t0] }],
    ["at both ends and between", { saveAt: [t0, mid(0.21), mid(0.37), mid(0.371), mid(0.9), t1] }],
    ["with a tail that is not saved", { saveAt: [mid(0.1), mid(0.45)] }],
    ["twice at one time", { saveAt: [mid(0.4), mid(0.4), t1, t1] }],
    ["at equal spacing", { saveAt: 0.31 }],
    ["at every step", {}],
  ];
  test.each(saves)(`meets the closed form on ${name}, saved %s`, (_what, options) => {
    const { solution, pull } = linearize(problem, tsit5(), { ...tight, ...options, sensealg });
    const uBar = weights(solution.u.length, problem.u0.length);
    const expected = solution.t.reduce<number[]>((sum, t, i) => gradient(t, uBar[i]).map((x, j) => x + (sum[j] ?? 0)), []);
    const got = pull(uBar);
    expect(scaledDistance(flat(got), expected)).toBeLessThan(tolerance);
    expected.forEach((x, j) => {
      if (x === 0) expect(Math.abs(flat(got)[j])).toBe(0);
    });
    const plain = solve(problem, tsit5(), { ...tight, saveAt: solution.t });
    solution.u.forEach((u, i) => u.forEach((x, j) => expect(Math.abs(x - plain.u[i][j])).toBeLessThan(1e-8)));
  });
}

function discreteTests(sensealg: SensitivityAlgorithm): void {
  const [{ problem }] = cases();
  test.each([["rk4", rk4()], ["tsit5", tsit5()]] as const)("is the gradient of the very steps of %s, also between them", (_name, algorithm) => {
    const options = { dt: 0.25, adaptive: false, saveAt: [0.3, 0.41, 0.5, 0.8, 1.333, 1.4, 2.1] };
    const uBar = weights(options.saveAt.length, 2);
    const cost = (u0: Float64Array, p: Float64Array): number => solve({ ...problem, u0, p }, algorithm, options).u.reduce((sum, u, i) => sum + u[0] * uBar[i][0] + u[1] * uBar[i][1], 0);
    // Fourth-order differences: no error to speak of beside rounding.
    const difference = (f: (h: number) => number, h = 1e-3): number => (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
    const expected = [
      ...[0, 1].map((j) => difference((h) => cost(problem.u0.with(j, problem.u0[j] + h), problem.p))),
      ...[0, 1].map((j) => difference((h) => cost(problem.u0, problem.p.with(j, problem.p[j] + h)))),
    ];
    const got = flat(linearize(problem, algorithm, { ...options, sensealg }).pull(uBar));
    got.forEach((x, j) => expect(Math.abs(x - expected[j])).toBeLessThan(1e-10));
  });
}

function contractTests(sensealg: SensitivityAlgorithm, problem: OdeProblem, tolerance: number): void {
  const options: SolveOptions = { ...tight, saveAt: 0.5 };

  test("pull is linear, repeats itself bit by bit, returns fresh arrays and leaves its input alone", () => {
    const { solution, pull } = linearize(problem, tsit5(), { ...options, sensealg });
    const count = solution.u.length;
    const [a, b] = [weights(count, 2), weights(count, 2, 1)];
    const [pulledA, pulledB] = [pull(a), pull(b)];
    const both = pull(a.map((x, i) => x.map((v, j) => 2 * v - b[i][j])));
    expect(scaledDistance(flat(both), flat(pulledA).map((x, j) => 2 * x - flat(pulledB)[j]))).toBeLessThan(1e-7);
    const again = pull(a);
    expect(again).toEqual(pulledA);
    expect(again.dp).not.toBe(pulledA.dp);
    expect(a).toEqual(weights(count, 2));
    expect(flat(pull(a.map((x) => x.map(() => 0)))).map(Math.abs)).toEqual([0, 0, 0, 0]);
    expect([...problem.u0, ...problem.p]).toEqual([0.8, -0.5, 1.3, 7]);
  });

  test.each([1e-10, 1e10])("the unit of the loss does not matter: %d times the gradients by the states give as many times the gradients", (factor) => {
    const { solution, pull } = linearize(problem, tsit5(), { ...options, sensealg });
    const uBar = weights(solution.u.length, 2);
    const scaled = flat(pull(uBar.map((x) => x.map((v) => factor * v))));
    expect(scaledDistance(scaled.map((x) => x / factor), flat(pull(uBar)))).toBeLessThan(tolerance);
  });

  test("passes the caller's onStep through", () => {
    const seen: number[] = [];
    linearize(problem, tsit5(), { ...options, sensealg, onStep: (_t, _h, u) => void seen.push(u.length) });
    expect(seen.length).toBeGreaterThan(5);
    expect(new Set(seen)).toEqual(new Set([2]));
  });

  test("a wrong uBar throws SHAPE_MISMATCH", () => {
    const { solution, pull } = linearize(problem, tsit5(), { ...options, sensealg });
    const good = weights(solution.u.length, 2);
    for (const bad of [[], good.slice(1), [...good, good[0]], good.map(() => new Float64Array(3)), good.map((x) => [...x]) as never]) {
      expect(() => pull(bad)).toThrow(code("SHAPE_MISMATCH"));
    }
  });

  test("a failed solve is returned; pulling it throws SOLVE_FAILED with its message", () => {
    const { solution, pull } = linearize(problem, tsit5(), { ...options, maxIters: 3, sensealg });
    expect(solution.retcode).toBe("maxIters");
    expect(() => pull(weights(solution.u.length, 2))).toThrow(code("SOLVE_FAILED"));
    expect(() => pull(weights(solution.u.length, 2))).toThrow("maxIters = 3");
  });

  test("a field without the kernels it requires throws MISSING_CAPABILITY", () => {
    const bare = odeProblem((_t, u, _p, out) => void out.set(u), [1], [0, 1]);
    if ((sensealg.requires ?? []).length === 0) expect(linearize(bare, tsit5(), { sensealg }).solution.retcode).toBe("success");
    else expect(() => linearize(bare, tsit5(), { sensealg })).toThrow(code("MISSING_CAPABILITY"));
  });
}

function pushTests(sensealg: SensitivityAlgorithm, tolerance: number): void {
  const providesPush = sensealg.providesPush === true;
  const [{ problem }] = cases();

  test(`has ${providesPush ? "a" : "no"} push, as it says`, () => {
    expect(typeof linearize(problem, tsit5(), { ...tight, saveAt: 0.5, sensealg }).push).toBe(providesPush ? "function" : "undefined");
  });
  if (!providesPush) return;

  test.each(cases())("push is the transpose of pull and meets the closed form on $name", ({ problem: own, gradient }) => {
    const n = own.u0.length;
    const linearization = linearize(own, tsit5(), { ...tight, saveAt: 0.31, sensealg });
    const { solution, pull } = linearization;
    const push = linearization.push!;
    const [dp, du0] = [Float64Array.of(0.7, -1.9), Float64Array.of(-0.4, 1.2).subarray(0, n)];
    const uBar = weights(solution.u.length, n);
    const pulled = pull(uBar);
    const dot = (x: Float64Array, y: Float64Array): number => x.reduce((sum, v, i) => sum + v * y[i], 0);
    for (const [p, u, expected] of [[dp, du0, dot(pulled.dp, dp) + dot(pulled.du0, du0)], [dp, null, dot(pulled.dp, dp)], [null, du0, dot(pulled.du0, du0)], [null, null, 0]] as const) {
      const pushed = push(p, u);
      expect(pushed.map(({ length }) => length)).toEqual(solution.u.map(() => n));
      expect(Math.abs(pushed.reduce((sum, x, i) => sum + dot(x, uBar[i]), 0) - expected)).toBeLessThanOrEqual(1e-12 * Math.hypot(...flat(pulled)));
    }
    const closed = uBar.reduce((sum, w, i) => sum + gradient(solution.t[i], w).reduce((s, x, j) => s + x * [...du0, ...dp][j], 0), 0);
    expect(Math.abs(push(dp, du0).reduce((sum, x, i) => sum + dot(x, uBar[i]), 0) - closed)).toBeLessThan(tolerance * Math.hypot(...flat(pulled)) * Math.hypot(...dp, ...du0));
  });

  test("push repeats itself bit by bit, returns fresh arrays and leaves its input alone", () => {
    const push = linearize(problem, tsit5(), { ...tight, saveAt: 0.5, sensealg }).push!;
    const [dp, du0] = [Float64Array.of(0.7, -1.9), Float64Array.of(-0.4, 1.2)];
    const [first, again] = [push(dp, du0), push(dp, du0)];
    expect(again).toEqual(first);
    expect(again[0]).not.toBe(first[0]);
    expect([[...dp], [...du0]]).toEqual([[0.7, -1.9], [-0.4, 1.2]]);
  });

  test("a wrong change throws SHAPE_MISMATCH, that of a failed solve SOLVE_FAILED", () => {
    const push = linearize(problem, tsit5(), { ...tight, saveAt: 0.5, sensealg }).push!;
    for (const bad of [new Float64Array(0), new Float64Array(3), [1, 2] as never]) {
      expect(() => push(bad, null)).toThrow(code("SHAPE_MISMATCH"));
      expect(() => push(null, bad)).toThrow(code("SHAPE_MISMATCH"));
    }
    const failed = linearize(problem, tsit5(), { ...tight, saveAt: 0.5, maxIters: 3, sensealg }).push!;
    expect(() => failed(Float64Array.of(1, 0), null)).toThrow(code("SOLVE_FAILED"));
  });
}
