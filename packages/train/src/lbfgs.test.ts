import { mul, slice, tracedField } from "@fluxion/autodiff";
import { meanSquaredError } from "@fluxion/nn-core";
import { tsit5 } from "@fluxion/ode-core";
import { forwardSensitivity } from "@fluxion/sensitivity";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lbfgs, type LbfgsOptions, type LbfgsProgress } from "./lbfgs.ts";
import { trajectoryLoss } from "./trajectory-loss.ts";
import { wolfeSearch, type LinePoint } from "./wolfe-search.ts";

type Evaluate = LbfgsOptions["evaluate"];
const code = (expected: string, message: string): unknown => expect.objectContaining({ code: expected, message: expect.stringContaining(message) as string });

const rosenbrock: Evaluate = (p) => {
  const gradient = new Float64Array(p.length);
  let loss = 0;
  for (let i = 0; i + 1 < p.length; i++) {
    const [a, b] = [p[i + 1] - p[i] ** 2, 1 - p[i]];
    loss += 100 * a * a + b * b;
    gradient[i] += -400 * p[i] * a - 2 * b;
    gradient[i + 1] += 200 * a;
  }
  return { loss, gradient };
};
/** Values and slopes along one direction. */
const alongOne = (f: (x: number) => number, slope: (x: number) => number): Evaluate => ([x]) => ({ loss: f(x), gradient: Float64Array.of(slope(x)) });

describe("lbfgs", () => {
  test.each([[2, 45], [10, 82], [100, 604]])("finds the minimum of Rosenbrock's function of %i parameters in about as many evaluations as SciPy", async (n, scipy) => {
    // L-BFGS-B of SciPy 1.17 with maxcor = 20 ends with 4e-14, 1e-10 and 6e-10 after so many.
    const start = Array.from({ length: n }, (_, i) => (i % 2 ? 1 : -1.2));
    const seen: LbfgsProgress[] = [];
    const { p, loss, evaluations, iterations } = await lbfgs({ evaluate: rosenbrock, start, onProgress: (progress) => seen.push(progress) });
    p.forEach((x) => expect(Math.abs(x - 1)).toBeLessThan(1e-7));
    expect(loss).toBeLessThan(1e-13);
    expect(seen.find((one) => one.loss < 1e-9)!.evaluations).toBeLessThan(1.3 * scipy);
    expect(seen.at(-1)).toEqual({ iterations, evaluations, loss, p });
    seen.forEach((one, k) => expect(one.loss).toBeLessThan(k === 0 ? rosenbrock(Float64Array.from(start)).loss : seen[k - 1].loss));
  });

  test("takes an ill-conditioned quadratic function of 12 parameters to rounding, with less memory more slowly", async () => {
    const curvature = Array.from({ length: 12 }, (_, i) => 10 ** (i / 2));
    const quadratic: Evaluate = (p) => ({ loss: p.reduce((sum, x, i) => sum + (curvature[i] * (x - i) ** 2) / 2, 0), gradient: p.map((x, i) => curvature[i] * (x - i)) });
    const run = (memory: number): Promise<{ iterations: number; p: Float64Array }> => lbfgs({ evaluate: quadratic, start: new Float64Array(12).fill(30), memory, tolerance: 1e-14, maxIterations: 10_000 });
    const [little, much] = [await run(2), await run(20)];
    for (const { p } of [little, much]) p.forEach((x, i) => expect(Math.abs(x - i)).toBeLessThan(1e-4));
    expect(much.iterations).toBeLessThan(200);
    expect(little.iterations).toBeGreaterThan(1.3 * much.iterations);
  });

  test.each<[string, Evaluate, number, number]>([
    ["a barrier, beyond which there is none", alongOne((x) => -Math.log(1 - x * x) - 3 * x, (x) => (2 * x) / (1 - x * x) - 3), 0, (Math.sqrt(10) - 1) / 3],
    ["a cliff of infinity close by", alongOne((x) => (x > 1e-3 ? Infinity : (x - 2e-3) ** 2), (x) => 2 * (x - 2e-3)), -5, 1e-3],
    ["a far minimum of a flat function", alongOne((x) => Math.sqrt(1 + ((x - 1e5) / 10) ** 2), (x) => (x - 1e5) / 100 / Math.sqrt(1 + ((x - 1e5) / 10) ** 2)), 0, 1e5],
  ])("meets %s", async (_name, evaluate, start, minimum) => {
    const { p, status } = await lbfgs({ evaluate, start: [start] });
    expect(status).toBe("converged");
    expect(Math.abs(p[0] - minimum)).toBeLessThan(1e-3 * Math.max(1e-3, Math.abs(minimum)));
  });

  test("ends at the rounding of a loss, and where a gradient is not its own", async () => {
    const noisy: Evaluate = ([x, y]) => ({ loss: 1 + Math.fround((x * x + 10 * y * y) * 1e-3), gradient: Float64Array.of(2e-3 * x, 20e-3 * y) });
    const { status, evaluations, p } = await lbfgs({ evaluate: noisy, start: [3, -2], tolerance: 1e-15 });
    expect([status, evaluations < 500]).toEqual(["converged", true]);
    expect(Math.hypot(...p)).toBeLessThan(0.01);
    const wrong = await lbfgs({ evaluate: ([x]) => ({ loss: x * x, gradient: Float64Array.of(-2 * x) }), start: [1] });
    expect(wrong).toMatchObject({ status: "converged", iterations: 0, message: "No step lowers the loss: it is at its rounding, or the gradient is not its own" });
  });

  test("fits parameters through the solver, whose arrays it does not keep", async () => {
    const t = Float64Array.from({ length: 11 }, (_, k) => k / 4);
    const evaluate = trajectoryLoss({
      model: tracedField((_t, u, q) => mul(-1, mul(slice(q, 0, 2), u)), { dim: 2, paramCount: 4 }), initialState: (q) => slice(q, 2, 4), loss: meanSquaredError(),
      trajectories: [{ t, u: Array.from(t, (time) => Float64Array.of(2 * Math.exp(-0.3 * time), Math.exp(-2 * time))) }], algorithm: tsit5(), solver: { reltol: 1e-10, abstol: 1e-12 }, sensealg: forwardSensitivity(),
    });
    const { p, loss, gradient, evaluations } = await lbfgs({ evaluate, start: [1, 1, 1, 1] });
    [0.3, 2, 2, 1].forEach((truth, i) => expect(p[i]).toBeCloseTo(truth, 6));
    // Until rounding ends it: 75 to 126 with other tolerances of the solver.
    expect(evaluations).toBeLessThan(130);
    const again = evaluate(p);
    expect([loss, ...gradient]).toEqual([again.loss, ...again.gradient]);
  });

  test("says how it ended, and gives the same bits again", async () => {
    const options = { evaluate: rosenbrock, start: [-1.2, 1], maxIterations: 7 };
    const first = await lbfgs(options);
    expect(first).toMatchObject({ status: "maxIterations", iterations: 7, message: "Stopped after maxIterations = 7 steps" });
    expect(await lbfgs(options)).toEqual(first);
    const stop = new AbortController();
    const aborted = await lbfgs({ evaluate: rosenbrock, start: [-1.2, 1], signal: stop.signal, onProgress: ({ iterations }) => void (iterations === 3 && stop.abort()) });
    expect(aborted).toMatchObject({ status: "aborted", iterations: 3 });
    expect(aborted.loss).toBe(rosenbrock(aborted.p).loss);
    expect(await lbfgs({ evaluate: rosenbrock, start: [1, 1] })).toMatchObject({ status: "converged", iterations: 0, message: "The gradient is 0" });
    const hardlyThere: Evaluate = (q) => (({ loss, gradient }) => ({ loss: 1 + 1e-9 * loss, gradient: Array.from(gradient, (x) => 1e-9 * x) }))(rosenbrock(q));
    expect(await lbfgs({ evaluate: hardlyThere, start: [-1.2, 1] })).toMatchObject({ status: "converged", message: "10 steps lowered the loss by less than tolerance = 0.000001 of it" });
    const nowhere = { loss: Infinity, gradient: new Float64Array(2), message: "Trajectory 3: it blew up" };
    expect(await lbfgs({ evaluate: () => nowhere, start: [1, 1] })).toMatchObject({ status: "failed", evaluations: 1, message: "Cannot minimise as loss and gradient must be finite at the start: Trajectory 3: it blew up" });
    expect(await lbfgs({ evaluate: () => ({ loss: 1, gradient: Float64Array.of(NaN, 1) }), start: [1, 1] })).toMatchObject({ status: "failed", message: "Cannot minimise as loss and gradient must be finite at the start: the gradient is not" });
  });

  test.each<[string, object, string, string]>([
    ["an unknown option", { clipNorm: 1 }, "INVALID_OPTION", 'got "clipNorm"'],
    ["no function", { evaluate: 3 }, "INVALID_OPTION", 'option "evaluate" must be a function of the parameters: current value is 3'],
    ["no memory", { memory: 0 }, "INVALID_OPTION", 'option "memory" must be a whole number >= 1: current value is 0'],
    ["a tolerance of 1", { tolerance: 1 }, "INVALID_OPTION", 'option "tolerance"'],
    ["half a step", { maxIterations: 0.5 }, "INVALID_OPTION", 'option "maxIterations"'],
    ["no start", { start: undefined }, "INVALID_ARGUMENT", "the start must be a list"],
    ["a start of NaN", { start: [NaN, 1] }, "NON_FINITE", "start"],
    ["a gradient of another length", { evaluate: () => ({ loss: 1, gradient: new Float64Array(3) }) }, "SHAPE_MISMATCH", "the gradient"],
  ])("%s is refused", async (_name, changes, expected, message) => {
    await expect(lbfgs({ evaluate: rosenbrock, start: [-1.2, 1], ...changes } as LbfgsOptions)).rejects.toThrow(code(expected, message));
  });
});

test("wolfeSearch ends where the strong Wolfe conditions hold, on waves of all heights from steps of all lengths", () => {
  const wave = fc.record({ height: fc.double({ min: 0, max: 3, noNaN: true }), length: fc.double({ min: 0.2, max: 5, noNaN: true }), phase: fc.double({ min: 0, max: 6.3, noNaN: true }), power: fc.integer({ min: -5, max: 5 }) });
  fc.assert(fc.property(wave, ({ height, length, phase, power }) => {
    const point = (at: number): LinePoint => ({ at, value: (at - 3) ** 2 + height * Math.sin(at / length + phase), slope: 2 * (at - 3) + (height / length) * Math.cos(at / length + phase) });
    const start = point(0);
    fc.pre(start.slope < -0.01);
    const found = wolfeSearch(start, 10 ** power, point)!;
    expect(found.value).toBeLessThanOrEqual(start.value + 1e-4 * found.at * start.slope);
    expect(Math.abs(found.slope)).toBeLessThanOrEqual(0.9 * -start.slope);
  }));
});
