import { seededRandom } from "@fluxion/nn-core";
import { Matrix } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { leastSquares, type LeastSquaresOptions, type LeastSquaresProgress } from "./least-squares.ts";

type Evaluate = LeastSquaresOptions["evaluate"];

const byRows = (rows: readonly (readonly number[])[]): Float64Array => Float64Array.from(rows.flat());

/** `A p - y`. */
const linear = (A: readonly (readonly number[])[], y: readonly number[]): Evaluate => (p) => ({
  residuals: Float64Array.from(A, (row, i) => row.reduce((sum, a, j) => sum + a * p[j], -y[i])),
  jacobian: byRows(A),
});

/** `p_0 exp(-p_1 t) - y`. */
const times = [0, 0.5, 1, 2, 4];
const decay = (y: readonly number[]): Evaluate => ([a, k]) => ({
  residuals: Float64Array.from(times, (t, i) => a * Math.exp(-k * t) - y[i]),
  jacobian: byRows(times.map((t) => [Math.exp(-k * t), -a * t * Math.exp(-k * t)])),
});
const noisy = decay([3.1, 1.9, 1.4, 0.5, 0.1]);
const code = (expected: string, message: string): unknown => expect.objectContaining({ code: expected, message: expect.stringContaining(message) as string });

test("residuals whose squares underflow are no fit", async () => {
  const tiny: Evaluate = (p) => {
    const { residuals, jacobian } = noisy(p);
    return { residuals: residuals.map((x) => 1e-200 * x), jacobian: jacobian.map((x) => 1e-200 * x) };
  };
  expect(await leastSquares({ evaluate: tiny, start: [1, 0.2] })).toMatchObject({ status: "failed", message: "Cannot fit residuals as small as these: the sum of their squares is 0. Divide them by their standard deviations, sigma" });
});

describe("a straight line", () => {
  const x = [1, 2, 3, 4, 6];
  const y = [2.1, 3.9, 6.2, 7.8, 12.3];
  const line = linear(x.map((v) => [1, v]), y);

  test("has the parameters, variance and covariance of the closed form", async () => {
    const { p, cost, residuals, variance, covariance, standardErrors, status } = await leastSquares({ evaluate: line, start: [0, 0], tolerance: 1e-14 });
    const [n, sx, sy] = [5, 16, 32.3];
    const mean = sx / n;
    const sxx = x.reduce((sum, v) => sum + (v - mean) ** 2, 0);
    const slope = x.reduce((sum, v, i) => sum + (v - mean) * y[i], 0) / sxx;
    const intercept = sy / n - slope * mean;
    const squares = x.reduce((sum, v, i) => sum + (intercept + slope * v - y[i]) ** 2, 0);
    expect(status).toBe("converged");
    expect([p[0], p[1], 2 * cost, variance]).toEqual([intercept, slope, squares, squares / 3].map((v) => expect.closeTo(v, 9) as number));
    expect(residuals[4]).toBeCloseTo(intercept + 6 * slope - 12.3, 9);
    const [v00, v11, v01] = [variance * (1 / n + mean ** 2 / sxx), variance / sxx, (-variance * mean) / sxx];
    expect(covariance.to2DArray()).toEqual([[expect.closeTo(v00, 13), expect.closeTo(v01, 13)], [expect.closeTo(v01, 13), expect.closeTo(v11, 13)]]);
    expect([...standardErrors]).toEqual([expect.closeTo(Math.sqrt(v00), 13), expect.closeTo(Math.sqrt(v11), 13)]);
  });

  test("through as many points as parameters has no variance", async () => {
    const { cost, variance, standardErrors } = await leastSquares({ evaluate: linear([[1, 1], [1, 2]], [3, 4]), start: [0, 0] });
    expect(cost).toBeLessThan(1e-20);
    expect([variance, ...standardErrors]).toEqual([NaN, NaN, NaN]);
  });

  test("held at equal bounds one parameter is no longer fitted", async () => {
    const { p, variance, standardErrors, residuals } = await leastSquares({ evaluate: line, start: [1, 0], lower: [1, -Infinity], upper: [1, Infinity], tolerance: 1e-14 });
    const slope = x.reduce((sum, v, i) => sum + v * (y[i] - 1), 0) / 66;
    expect([...p]).toEqual([1, expect.closeTo(slope, 12)]);
    expect(variance).toBeCloseTo(residuals.reduce((sum, r) => sum + r * r, 0) / 4, 14);
    expect([...standardErrors]).toEqual([NaN, expect.closeTo(Math.sqrt(variance / 66), 14)]);
  });
});

test("linear problems within bounds end where the gradient is 0 but for bounds that it pushes against", async () => {
  const random = seededRandom(3);
  const active: number[] = [];
  for (let run = 0; run < 60; run++) {
    const m = 4;
    // Strongly correlated columns, of different sizes.
    const A = Array.from({ length: 9 }, () => {
      const common = random.normal(0, 1);
      return Array.from({ length: m }, (_, j) => 10 ** (j - 1) * (common + random.normal(0, 0.2)));
    });
    const y = Array.from({ length: 9 }, () => random.normal(0, 1));
    const [lower, upper] = [-1, 1].map((side) => Array.from({ length: m }, (_, j) => (side * Math.abs(random.normal(0, 0.5))) / 10 ** (j - 1)));
    const { p, cost, status } = await leastSquares({ evaluate: linear(A, y), start: new Float64Array(m), lower, upper, tolerance: 1e-12 });
    expect(status).toBe("converged");
    expect(p.every((v, j) => v >= lower[j] && v <= upper[j])).toBe(true);
    active.push(p.filter((v, j) => v === lower[j] || v === upper[j]).length);
    // Karush, Kuhn, Tucker: for a convex problem these make the minimum.
    const { residuals, jacobian } = linear(A, y)(p);
    const columns = Array.from({ length: m }, (_, j) => Array.from(residuals, (_r, i) => jacobian[i * m + j]));
    const gradient = columns.map((column) => column.reduce((sum, x, i) => sum + x * residuals[i], 0));
    gradient.forEach((g, j) => {
      const size = Math.hypot(...columns[j]) * Math.sqrt(2 * cost);
      if (p[j] === lower[j]) expect(g / size).toBeGreaterThan(-1e-6);
      else if (p[j] === upper[j]) expect(g / size).toBeLessThan(1e-6);
      else expect(Math.abs(g) / size).toBeLessThan(1e-6);
    });
  }
  // Not all of one kind.
  expect(new Set(active).size).toBeGreaterThan(2);
});

test("a start at a bound that the gradient leads away from leaves it, and the other way round stays", async () => {
  const options = { evaluate: noisy, start: [1, 0.1], lower: [1, 0.1] };
  const { p } = await leastSquares(options);
  const inner = await leastSquares({ evaluate: noisy, start: [3, 1] });
  expect([...inner.p]).toEqual([...p].map((v) => expect.closeTo(v, 4) as number));
  const held = await leastSquares({ ...options, upper: [2, Infinity] });
  expect(held.p[0]).toBe(2);
  expect(held.status).toBe("converged");
});

describe("rank-deficient Jacobians", () => {
  test("what the data do not tell has an infinite variance, what they tell has its own", async () => {
    // Only p_0 + p_1 and p_2 matter.
    const A = [[1, 1, 0], [1, 1, 1], [1, 1, 2], [1, 1, 4]];
    const y = [1, 2.2, 2.9, 5.1];
    const { p, status, variance, covariance, standardErrors } = await leastSquares({ evaluate: linear(A, y), start: [3, 0, 0], tolerance: 1e-13 });
    const whole = await leastSquares({ evaluate: linear(A.map(([, ...row]) => row), y), start: [0, 0], tolerance: 1e-13 });
    expect(status).toBe("converged");
    expect(p[0] + p[1]).toBeCloseTo(whole.p[0], 8);
    expect(p[2]).toBeCloseTo(whole.p[1], 8);
    // No further from the start than it must be.
    expect(p[0] - 3).toBeCloseTo(p[1], 10);
    expect(variance).toBeCloseTo(whole.variance, 12);
    expect([...standardErrors]).toEqual([Infinity, Infinity, expect.closeTo(whole.standardErrors[1], 12)]);
    expect(covariance.to2DArray().map((row) => row.map(Number.isNaN))).toEqual([[false, true, true], [true, false, true], [true, true, false]]);
  });

  test("a parameter without effect stays where it is", async () => {
    const { p, status, standardErrors } = await leastSquares({ evaluate: linear([[1, 0], [2, 0], [3, 0]], [1, 2.1, 2.9]), start: [0, 7] });
    expect(status).toBe("converged");
    expect(p[1]).toBe(7);
    expect(standardErrors[1]).toBe(Infinity);
    expect(standardErrors[0]).toBeLessThan(1);
  });

  test("parameters are in any units", async () => {
    const units = [1e-12, 1e9];
    const scaled: Evaluate = (q) => {
      const { residuals, jacobian } = noisy(q.map((x, j) => x / units[j]));
      return { residuals, jacobian: jacobian.map((x, k) => x / units[k % 2]) };
    };
    const [plain, other] = await Promise.all([leastSquares({ evaluate: noisy, start: [1, 0.2] }), leastSquares({ evaluate: scaled, start: [1e-12, 0.2e9] })]);
    expect(other.evaluations).toBe(plain.evaluations);
    expect([...other.p]).toEqual([...plain.p].map((x, j) => expect.closeTo(x * units[j], 9 - Math.log10(units[j])) as number));
    other.standardErrors.forEach((x, j) => expect(x / units[j] / plain.standardErrors[j]).toBeCloseTo(1, 7));
  });
});

describe("where residuals are not finite", () => {
  // sqrt(p) - y, from far above: undamped steps lead below 0.
  const root = (y: number): Evaluate => ([p]) => ({ residuals: Float64Array.of(Math.sqrt(p) - y), jacobian: Float64Array.of(0.5 / Math.sqrt(p)) });

  test("shorter steps are tried", async () => {
    const { status, p, iterations, evaluations } = await leastSquares({ evaluate: root(0.1), start: [100] });
    expect(status).toBe("converged");
    expect(p[0]).toBeCloseTo(0.01, 9);
    expect(evaluations).toBeGreaterThan(iterations + 1);
  });

  test.each(["the solver gave up", undefined])("next to the minimum it fails, and says why: %s", async (message) => {
    // Without its minimum at p = 4.
    const cut: Evaluate = (p) => (p[0] < 5 ? { residuals: Float64Array.of(Infinity), jacobian: Float64Array.of(0), message } : root(2)(p));
    const result = await leastSquares({ evaluate: cut, start: [50] });
    expect(result.status).toBe("failed");
    expect(result.message).toContain(`next to the parameters that were reached: ${message ?? "The sum of squares is Infinity"}`);
    expect(result.p[0]).toBeCloseTo(5, 6);
    expect(result.cost).toBeCloseTo((Math.sqrt(5) - 2) ** 2 / 2, 7);
  });

  test.each<[string, number, number, string | undefined]>([
    ["The sum of squares is NaN", NaN, 1, undefined],
    ["The sum of squares is Infinity", 1e200, 1, undefined],
    ["The Jacobian is not finite", 1, NaN, undefined],
    ["it told so", 1, 1, "it told so"],
  ])("at the start it fails: %s", async (reason, residual, slope, message) => {
    const result = await leastSquares({ evaluate: () => ({ residuals: Float64Array.of(residual), jacobian: Float64Array.of(slope), message }), start: [2] });
    expect(result).toMatchObject({ status: "failed", cost: Infinity, iterations: 0, evaluations: 1, message: `Cannot fit as residuals must be finite at the start: ${reason}` });
    expect([[...result.p], [...result.standardErrors], result.covariance.to2DArray()]).toEqual([[2], [NaN], [[NaN]]]);
  });
});

test("residuals with noise, as of adaptive solves, end it where no step lowers their squares", async () => {
  const random = seededRandom(5);
  for (const y of [[3.1, 1.9, 1.4, 0.5, 0.1], times.map((t) => 3 * Math.exp(-0.8 * t))]) {
    const exact = await leastSquares({ evaluate: decay(y), start: [1, 0.2] });
    let evaluations = 0;
    const evaluate: Evaluate = (p) => {
      evaluations++;
      const { residuals, jacobian } = decay(y)(p);
      return { residuals: residuals.map((r) => r + random.normal(0, 1e-7)), jacobian: jacobian.map((x) => x * (1 + random.normal(0, 1e-7))) };
    };
    const { status, p } = await leastSquares({ evaluate, start: [1, 0.2] });
    expect(status).toBe("converged");
    expect(evaluations).toBeLessThan(40);
    // To some noise, or a thousandth of a standard error.
    p.forEach((x, j) => expect(Math.abs(x - exact.p[j])).toBeLessThan(Math.max(1e-6, exact.standardErrors[j] / 1000)));
  }
});

test("it ends where a parameter grows without end, as the data want it infinite", async () => {
  const x = [0, 1, 2, 5];
  const evaluate: Evaluate = ([p]) => ({ residuals: Float64Array.from(x, (v) => 1 / (p + v) + 1), jacobian: Float64Array.from(x, (v) => -1 / (p + v) ** 2) });
  const { status, message, cost, evaluations, p, standardErrors } = await leastSquares({ evaluate, start: [1] });
  expect([status, message]).toEqual(["converged", "10 steps in a row lowered the cost by less than tolerance = 1e-8 of it each, as where a parameter grows without end"]);
  expect(evaluations).toBeLessThan(150);
  expect(cost).toBeCloseTo(2, 6);
  expect(p[0]).toBeGreaterThan(1e7);
  // Nothing is known of it.
  expect(standardErrors[0]).toBeGreaterThan(1e3 * p[0]);
});

test("a wrong Jacobian is told: no step lowers the cost", async () => {
  const evaluate: Evaluate = (p) => ({ residuals: noisy(p).residuals, jacobian: noisy(p).jacobian.map((x) => -x) });
  const { message, iterations, p } = await leastSquares({ evaluate, start: [1, 0.2] });
  expect([iterations, ...p]).toEqual([0, 1, 0.2]);
  expect(message).toContain("the Jacobian is not theirs");
});

test("all residuals 0 at the start is the end", async () => {
  const { status, evaluations, message } = await leastSquares({ evaluate: linear([[1], [2]], [2, 4]), start: [2] });
  expect([status, evaluations, message]).toEqual(["converged", 1, "All residuals are 0"]);
});

test("tells its progress, stops after maxIterations with what it has, and when it is aborted", async () => {
  const seen: LeastSquaresProgress[] = [];
  const whole = await leastSquares({ evaluate: noisy, start: [1, 0.2], onProgress: (progress) => void seen.push(progress) });
  expect(seen.map(({ iterations }) => iterations)).toEqual(Array.from({ length: whole.iterations }, (_, k) => k + 1));
  expect(seen.every(({ cost }, k) => k === 0 || cost < seen[k - 1].cost)).toBe(true);
  expect(seen.at(-1)).toEqual({ iterations: whole.iterations, evaluations: whole.evaluations, cost: whole.cost });
  const short = await leastSquares({ evaluate: noisy, start: [1, 0.2], maxIterations: 2 });
  expect(short).toMatchObject({ status: "maxIterations", iterations: 2, cost: seen[1].cost, message: "Stopped after maxIterations = 2 steps" });
  const controller = new AbortController();
  const aborted = await leastSquares({ evaluate: noisy, start: [1, 0.2], signal: controller.signal, onProgress: ({ iterations }) => void (iterations === 2 && controller.abort()) });
  expect(aborted).toEqual({ ...short, status: "aborted", message: "" });
});

test("evaluate may use its arrays again, and change what it is given", async () => {
  const [residuals, jacobian] = [new Float64Array(5), new Float64Array(10)];
  const evaluate: Evaluate = (p) => {
    const own = noisy(p);
    residuals.set(own.residuals);
    jacobian.set(own.jacobian);
    p.fill(NaN);
    return { residuals, jacobian };
  };
  expect(await leastSquares({ evaluate, start: [1, 0.2] })).toEqual(await leastSquares({ evaluate: noisy, start: [1, 0.2] }));
});

test("residuals whose number changes are refused", async () => {
  const evaluate: Evaluate = (p) => (p[1] === 0.2 ? noisy(p) : linear([[1, 0], [0, 1]], [1, 1])(p));
  await expect(leastSquares({ evaluate, start: [1, 0.2] })).rejects.toThrow(code("SHAPE_MISMATCH", "its length must be 5: current length is 2"));
});

test.each<[string, Partial<LeastSquaresOptions>, string, string]>([
  ["a wrong name", { ftol: 1e-8 } as object, "INVALID_OPTION", 'got "ftol"'],
  ["no function", { evaluate: 3 as never }, "INVALID_OPTION", 'option "evaluate" must be a function of the parameters: current value is 3'],
  ["no start", { start: [] }, "INVALID_ARGUMENT", "start must be a list of one parameter or more: current value is []"],
  ["an infinite start", { start: [1, Infinity] }, "NON_FINITE", "start[1] is Infinity"],
  ["bounds of another length", { lower: [0] }, "SHAPE_MISMATCH", "lower as its length must be 2"],
  ["bounds that cross", { lower: [0, 3], upper: [1, 2] }, "INVALID_OPTION", "lower[1] is 3, upper[1] is 2"],
  ["a bound that is no number", { upper: [1, NaN] }, "INVALID_OPTION", "upper[1] is NaN"],
  ["a start outside", { lower: [0, 0.3] }, "INVALID_ARGUMENT", "start[1] is 0.2, outside of [0.3, Infinity]"],
  ["a tolerance of 0", { tolerance: 0 }, "INVALID_OPTION", '"tolerance" must be a number between 0 and 1: current value is 0'],
  ["half a step", { maxIterations: 0.5 }, "INVALID_OPTION", '"maxIterations" must be a whole number >= 1'],
  ["fewer residuals than parameters", { evaluate: linear([[1, 1]], [1]) }, "INVALID_ARGUMENT", "Cannot fit 2 parameters as there must be at least as many residuals: there are 1"],
  ["a Jacobian of another shape", { evaluate: linear([[1], [1]], [1, 2]) }, "SHAPE_MISMATCH", "the Jacobian, 2 numbers for each of 2 residuals, as its length must be 4: current length is 2"],
  ["a Jacobian of lists", { evaluate: (() => ({ residuals: Float64Array.of(1, 2), jacobian: [[1, 2], [3, 4]] })) as never }, "INVALID_ARGUMENT", "must return { residuals, jacobian }, two Float64Arrays: it returned an object with residuals, jacobian; residuals [1, 2], jacobian [[1, 2], [3, 4]]"],
  ["a matrix", { evaluate: (() => ({ residuals: Float64Array.of(1, 2), jacobian: Matrix.eye(2) })) as never }, "INVALID_ARGUMENT", "two Float64Arrays: it returned an object with residuals, jacobian; residuals [1, 2], jacobian an object with"],
  ["a promise", { evaluate: (async () => noisy(Float64Array.of(1, 1))) as never }, "INVALID_ARGUMENT", "it returned a promise, for which it does not wait"],
  ["nothing", { evaluate: (() => {}) as never }, "INVALID_ARGUMENT", "it returned undefined; residuals undefined"],
])("%s is refused", async (_name, changes, expected, message) => {
  await expect(leastSquares({ evaluate: noisy, start: [1, 0.2], ...changes })).rejects.toThrow(code(expected, message));
});
