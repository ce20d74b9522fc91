import { add, at, constant, exp, log, mul, neg, slice, stack, sub, tracedField, type Tensor } from "@fluxion/autodiff";
import { cosine, huber, meanAbsoluteError, meanSquaredError, seededRandom } from "@fluxion/nn-core";
import { odeProblem, rk4, solve, tsit5, type VectorField } from "@fluxion/ode-core";
import { discreteAdjoint, finiteDifference, forwardSensitivity, gaussAdjoint, interpolatingAdjoint, sensealgs } from "@fluxion/sensitivity";
import { describe, expect, test } from "vitest";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import { fit, type FitOptions, type FitState } from "./fit.ts";
import type { Trajectory } from "./trajectory.ts";
import { trajectoryLoss, type TrajectoryLossOptions } from "./trajectory-loss.ts";

/** dx/dt = alpha x - beta x y, dy/dt = delta x y - gamma y, with further parameters that the field does not use. */
const lotkaVolterra = (further: number): VectorField =>
  tracedField((_t, u, p) => {
    const [x, y] = [at(u, 0), at(u, 1)];
    const [alpha, beta, gamma, delta] = [0, 1, 2, 3].map((i) => at(p, i));
    return stack([mul(x, sub(alpha, mul(beta, y))), mul(y, sub(mul(delta, x), gamma))]);
  }, { dim: 2, paramCount: 4 + further });
const states = (...rows: readonly (readonly number[])[]): Float64Array[] => rows.map((row) => Float64Array.from(row));
const norm = (x: Float64Array): number => Math.hypot(...x);
const distance = (x: Float64Array, y: Float64Array): number => norm(x.map((v, i) => v - y[i])) / norm(y);

/** Central differences of fourth order. */
function differences(evaluate: (p: Float64Array) => { readonly loss: number }, p: Float64Array): Float64Array {
  const loss = (i: number, h: number): number => evaluate(p.with(i, p[i] + h)).loss;
  return p.map((_, i) => (8 * (loss(i, 1e-3) - loss(i, -1e-3)) - (loss(i, 2e-3) - loss(i, -2e-3))) / 12e-3);
}

// The starts, logarithms of them after the four rates, depend on a rate and on the number of the trajectory as well. The third motion runs backwards.
const common: TrajectoryLossOptions = {
  model: lotkaVolterra(2),
  trajectories: [
    { t: Float64Array.of(0, 0.2, 0.5, 0.6), u: states([0.7, 1.4], [NaN, 1], [1.3, 0.4], [1.6, NaN]) },
    { t: Float64Array.of(0, 0.2, 0.5, 0.6), u: states([NaN, 0.4], [1.9, 0.8], [NaN, NaN], [1.1, 2]) },
    { t: Float64Array.of(1, 0.7), u: states([NaN, NaN], [0.9, 1.1]) },
  ],
  initialState: (p, k) => add(mul(at(p, 0), exp(slice(p, 4, 6))), constant(0.1 * k, [2])),
  loss: meanSquaredError(),
  algorithm: rk4(),
  solver: { dt: 0.02 },
  sensealg: discreteAdjoint(),
};
const p = Float64Array.of(1.4, 0.9, 2.8, 1.1, -0.3, 0.2);

describe("a start that depends on the parameters", () => {
  const every = [discreteAdjoint(), finiteDifference(), forwardSensitivity(), gaussAdjoint(), interpolatingAdjoint()];
  test("every sensitivity algorithm takes part", () => expect(every.map(({ name }) => name)).toEqual(Object.keys(sensealgs).toSorted()));

  test.each(every)("$name: the gradient is that of finite differences of the loss", (sensealg) => {
    const evaluate = trajectoryLoss({ ...common, sensealg });
    const { gradient, loss } = evaluate(p);
    const found = gradient.slice();
    const expected = differences(evaluate, p);
    expect(loss).toBeGreaterThan(0.1);
    expect(Math.min(...expected.map(Math.abs))).toBeGreaterThan(0.05);
    // The continuous adjoints are those of the differential equation, from which these steps differ.
    expect(distance(found, expected)).toBeLessThan(sensealg.name.endsWith("Adjoint") && sensealg.name !== "discreteAdjoint" ? 1e-6 : 1e-8);
  });

  test.each([meanAbsoluteError(), huber({ delta: 0.3 })])("$name: so it is with this loss", (loss) => {
    const evaluate = trajectoryLoss({ ...common, loss });
    const found = evaluate(p).gradient.slice();
    expect(distance(found, differences(evaluate, p))).toBeLessThan(1e-8);
  });

  test("with step-size control the gradient is that of the equation", () => {
    const evaluate = trajectoryLoss({ ...common, algorithm: tsit5(), solver: { reltol: 1e-10, abstol: 1e-10 } });
    const found = evaluate(p).gradient.slice();
    expect(distance(found, differences(evaluate, p))).toBeLessThan(1e-7);
  });

  test("loss and gradient of a linear problem are those of its closed form, the first time included", () => {
    // u = c exp(-k t), p = (k, c).
    const decay = tracedField((_t, u, q) => neg(mul(at(q, 0), u)), { dim: 1, paramCount: 2 });
    const [t, y] = [Float64Array.of(0, 0.5, 1, 2), [3.1, 1.7, 1.3, 0.2]];
    const [k, c] = [0.8, 2.9];
    const { loss, gradient } = trajectoryLoss({
      ...common, model: decay, trajectories: [{ t, u: y.map((x) => Float64Array.of(x)) }], initialState: (q) => slice(q, 1, 2), algorithm: tsit5(), solver: { reltol: 1e-11, abstol: 1e-11 },
    })(Float64Array.of(k, c));
    const residuals = y.map((x, i) => c * Math.exp(-k * t[i]) - x);
    const mean = (by: (r: number, time: number) => number): number => residuals.reduce((sum, r, i) => sum + by(r, t[i]), 0) / 4;
    expect(loss).toBeCloseTo(mean((r) => r * r), 10);
    expect(gradient[0]).toBeCloseTo(mean((r, time) => -2 * r * c * time * Math.exp(-k * time)), 9);
    expect(gradient[1]).toBeCloseTo(mean((r, time) => 2 * r * Math.exp(-k * time)), 9);
  });

  test("in batches and alone, loss and gradient are the same", () => {
    const t = Float64Array.of(0, 0.1, 0.3);
    const one = (k: number): Trajectory => ({ t, u: states([1 + 0.1 * k, NaN], [1.2, 0.9 - 0.1 * k], [k % 2 ? NaN : 1.5, 0.7]) });
    const many = [one(0), common.trajectories[0], one(1), one(2), common.trajectories[2], one(3), one(4)];
    const { batch: _batch, ...alone } = common.model;
    const [together, apart] = [common.model, alone].map((model) => trajectoryLoss({ ...common, model, trajectories: many })(p));
    expect(together.loss).toBeCloseTo(apart.loss, 13);
    expect(distance(together.gradient, apart.gradient)).toBeLessThan(1e-13);
  });

  test("that is the data's own and does not change with the parameters gives what the first states give", () => {
    const { initialState: _, ...without } = { ...common, trajectories: [{ t: Float64Array.of(0, 0.2, 0.5), u: states([1, 2], [1.1, 1.5], [1.3, 1]) }] };
    const given = trajectoryLoss({ ...without, initialState: () => stack([constant(1), constant(2)]) })(p);
    const first = trajectoryLoss(without)(p);
    // The first state is compared, too, and fits.
    expect(given.loss).toBeCloseTo((first.loss * 4) / 6, 14);
    expect(distance(given.gradient, first.gradient.map((x) => (x * 4) / 6))).toBeLessThan(1e-14);
  });

  test("gives the same bits again, whatever was evaluated before", () => {
    const evaluate = trajectoryLoss({ ...common, initialState: (q) => stack([at(q, 4), log(at(q, 5))]) });
    const bits = (): number[] => [evaluate(p).loss, ...evaluate(p).gradient];
    const first = bits();
    expect(evaluate(p.with(5, -1)).loss).toBe(Infinity);
    evaluate(p.map((x) => x + 0.1));
    expect(bits()).toEqual(first);
  });

  test("is traced for each trajectory by its number in the whole", () => {
    const seen = new Set<number>();
    trajectoryLoss({ ...common, first: 7, initialState: (q, k) => (seen.add(k), slice(q, 4, 6)) });
    expect([...seen].toSorted()).toEqual([7, 8, 9]);
  });

  test("that is not finite is an infinite loss with a reason, as in a training that has gone too far", () => {
    const { loss, gradient, message, rhsEvaluations } = trajectoryLoss({ ...common, initialState: (q, k) => stack([at(q, 4), log(add(at(q, 5), k === 1 ? -1 : 0))]) })(p);
    expect([loss, rhsEvaluations, ...gradient]).toEqual([Infinity, 0, 0, 0, 0, 0, 0, 0]);
    expect(message).toBe("Trajectory 1: entry 1 of its initialState is NaN");
  });

  test.each([
    ["a list", [1, 1], "INVALID_OPTION", 'option "initialState" must be a function (p, trajectory): current value is [1, 1]'],
    ["a function of numbers", () => Float64Array.of(1, 1), "INVALID_TRACE", "initialState must return a traced array: it returned [1, 1] for trajectory 0"],
    ["too long", (q: Tensor) => q, "SHAPE_MISMATCH", "initialState must return the state's [2] numbers: current shape is [6] for trajectory 0"],
    ["a matrix", (q: Tensor, k: number) => (k < 2 ? slice(q, 4, 6) : stack([slice(q, 4, 6)])), "SHAPE_MISMATCH", "current shape is [1, 2] for trajectory 2"],
  ])("%s is refused", (_name, initialState, code, message) => {
    expect(() => trajectoryLoss({ ...common, initialState: initialState as never })).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) as string }));
  });

  test("and parameters of another length are refused", () => {
    expect(() => trajectoryLoss(common)(p.slice(1))).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
    expect(() => trajectoryLoss(common)(p.with(0, NaN))).toThrow(expect.objectContaining({ code: "NON_FINITE" }));
  });
});

describe("fitting noisy data", () => {
  const truth = Float64Array.of(1.5, 1, 3, 1);
  const t = Float64Array.from({ length: 41 }, (_, k) => k / 4);
  const noise = seededRandom(1);
  const u = solve(odeProblem(lotkaVolterra(0), [1, 1], [0, 10], truth), tsit5(), { reltol: 1e-10, abstol: 1e-10, saveAt: t }).u.map((state) => state.map((x) => x + noise.normal(0, 0.1)));
  const guess = [1.2, 0.8, 2.5, 0.8];
  const options = {
    trajectories: [{ t, u }], algorithm: tsit5(), solver: { reltol: 1e-6, abstol: 1e-6 }, sensealg: discreteAdjoint(),
    stages: [{ intervals: 8, steps: 200 }, { intervals: 40, steps: 1000 }].map((stage) => ({ ...stage, schedule: cosine({ peak: 0.2 }) })),
  };
  const free: FitOptions = { ...options, model: lotkaVolterra(2), initialState: (q) => slice(q, 4, 6), start: Float64Array.from([...guess, ...u[0]]) };
  const errorOf = ({ p: found }: FitState): number => Math.max(...truth.map((x, i) => Math.abs(found[i] / x - 1)));

  test("with a free start finds the parameters several times as well as from the first observation", async () => {
    const fixed = await fit({ ...options, model: lotkaVolterra(0), start: Float64Array.from(guess) });
    const freed = await fit(free);
    // 0.128 and 0.013.
    expect(errorOf(freed.state)).toBeLessThan(0.02);
    expect(errorOf(fixed.state) / errorOf(freed.state)).toBeGreaterThan(5);
    // The minima that SciPy's least_squares finds for the same data with DOP853 at 1e-9.
    const minima = [[fixed, [1.33169748, 0.92256345, 3.38345597, 1.09905075]], [freed, [1.48272364, 0.99680242, 3.03643783, 1.01266854, 1.01036086, 0.96922053]]] as const;
    for (const [{ state }, minimum] of minima) expect(distance(state.p, Float64Array.from(minimum))).toBeLessThan(1e-3);
    expect(freed.state.losses.at(-1)).toBeCloseTo(0.00844407, 6);
  });

  test("stopped and resumed it ends with the same bits", async () => {
    const short = { ...free, stages: [2, 8].map((intervals) => ({ intervals, steps: 5, schedule: cosine({ peak: 0.05 }) })) };
    const whole = await fit(short);
    const controller = new AbortController();
    const { state } = await fit({ ...short, signal: controller.signal, onProgress: ({ step }) => void (step === 7 && controller.abort()) });
    const { start: _, ...rest } = short;
    expect(await fit({ ...rest, resume: decodeCheckpoint(encodeCheckpoint(state, ""), "", "")! })).toEqual(whole);
  });
});
