import { checkGrads } from "@fluxion/testkit";
import { describe, expect, test } from "vitest";
import {
  abs, add, atan2, cos, div, erf, evaluate, exp, expm1, gelu, grad, greater, log, log1p, maximum, minimum, mul, neg, pow, sigmoid, sign, sin, softplus,
  sqrt, sub, sum, tan, tanh, where, type Tensor,
} from "./index.ts";

const sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17];

/** erf by its series of positive terms: independent of the library's. */
function erfBySeries(x: number): number {
  let term = x;
  let total = x;
  for (let n = 1; n < 80; n++) total += term *= (2 * x * x) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}

type Numbers = (...x: number[]) => number;
interface Case {
  readonly traced: (...x: Tensor[]) => Tensor;
  readonly plain: Numbers;
  /** Partial derivatives in closed form. */
  readonly slopes: readonly Numbers[];
  /** Interval of each argument; default from -2.2 to 2.5. */
  readonly domain?: readonly [number, number];
}

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
const positive = [0.2, 3] as const;

const cases: Readonly<Record<string, Case>> = {
  neg: { traced: neg, plain: (x) => -x, slopes: [() => -1] },
  add: { traced: add, plain: (x, y) => x + y, slopes: [() => 1, () => 1] },
  sub: { traced: sub, plain: (x, y) => x - y, slopes: [() => 1, () => -1] },
  mul: { traced: mul, plain: (x, y) => x * y, slopes: [(_, y) => y, (x) => x] },
  div: { traced: div, plain: (x, y) => x / y, slopes: [(_, y) => 1 / y, (x, y) => -x / y ** 2], domain: positive },
  maximum: { traced: maximum, plain: (x, y) => (x > y ? x : y), slopes: [(x, y) => (x > y ? 1 : 0), (x, y) => (x > y ? 0 : 1)] },
  minimum: { traced: minimum, plain: (x, y) => (x < y ? x : y), slopes: [(x, y) => (x < y ? 1 : 0), (x, y) => (x < y ? 0 : 1)] },
  greater: { traced: greater, plain: (x, y) => (x > y ? 1 : 0), slopes: [() => 0, () => 0] },
  where: { traced: where, plain: (c, x, y) => (c !== 0 ? x : y), slopes: [() => 0, (c) => (c !== 0 ? 1 : 0), (c) => (c !== 0 ? 0 : 1)] },
  abs: { traced: abs, plain: (x) => (x < 0 ? -x : x), slopes: [(x) => (x < 0 ? -1 : 1)] },
  sign: { traced: sign, plain: (x) => (x < 0 ? -1 : 1), slopes: [() => 0] },
  exp: { traced: exp, plain: Math.exp, slopes: [Math.exp] },
  expm1: { traced: expm1, plain: (x) => Math.exp(x) - 1, slopes: [Math.exp] },
  log: { traced: log, plain: Math.log, slopes: [(x) => 1 / x], domain: positive },
  log1p: { traced: log1p, plain: (x) => Math.log(1 + x), slopes: [(x) => 1 / (1 + x)], domain: positive },
  sqrt: { traced: sqrt, plain: (x) => x ** 0.5, slopes: [(x) => 0.5 * x ** -0.5], domain: positive },
  sin: { traced: sin, plain: Math.sin, slopes: [Math.cos] },
  cos: { traced: cos, plain: Math.cos, slopes: [(x) => -Math.sin(x)] },
  tan: { traced: tan, plain: (x) => Math.sin(x) / Math.cos(x), slopes: [(x) => Math.cos(x) ** -2], domain: [-1.2, 1.2] },
  tanh: { traced: tanh, plain: (x) => (Math.exp(2 * x) - 1) / (Math.exp(2 * x) + 1), slopes: [(x) => Math.cosh(x) ** -2] },
  sigmoid: { traced: sigmoid, plain: logistic, slopes: [(x) => logistic(x) * logistic(-x)] },
  softplus: { traced: softplus, plain: (x) => Math.log(1 + Math.exp(x)), slopes: [logistic] },
  erf: { traced: erf, plain: erfBySeries, slopes: [(x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x)] },
  gelu: { traced: gelu, plain: (x) => 0.5 * x * (1 + erfBySeries(x / Math.SQRT2)), slopes: [(x) => 0.5 * (1 + erfBySeries(x / Math.SQRT2)) + x * density(x)] },
  atan2: {
    traced: atan2,
    plain: (y, x) => 2 * Math.atan(y / (Math.hypot(x, y) + x)),
    slopes: [(y, x) => x / (x * x + y * y), (y, x) => -y / (x * x + y * y)],
  },
  ...Object.fromEntries([-2.5, -2, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3, 4, 7].map((n) => [
    `pow ${n}`,
    { traced: (x: Tensor) => pow(x, n), plain: (x: number) => Math.exp(n * Math.log(x)), slopes: [(x: number) => (n === 0 ? 0 : n * Math.exp((n - 1) * Math.log(x)))], domain: positive } satisfies Case,
  ])),
};

/** Distinct values that avoid 0 and ties between arguments. */
const argument = (i: number, n: number, [from, to]: readonly [number, number] = [-2.2, 2.5]): Float64Array =>
  Float64Array.from({ length: n }, (_, k) => from + (to - from) * ((0.137 + 0.618034 * (k + 1) + 0.271 * i) % 1));

function expectNear(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(found.length).toBe(expected.length);
  for (let k = 0; k < expected.length; k++) if (!(Math.abs(found[k] - expected[k]) <= tolerance * Math.max(1, Math.abs(expected[k])))) expect.fail(`entry ${k}: ${found[k]} against ${expected[k]}`);
}

describe.each(["interpreter", "js", "wasm"] as const)("elementwise operations, %s", (backend) => {
  test.each(Object.entries(cases))("%s: values and slopes at every size", (_name, { traced, plain, slopes, domain }) => {
    for (const n of sizes) {
      const args = slopes.map((_, i) => argument(i, n, domain));
      if (traced === where) args[0] = args[0].map((x) => (x > 0 ? 1 : 0));
      const at = (f: Numbers): number[] => Array.from(args[0], (_, k) => f(...args.map((x) => x[k])));
      expectNear(evaluate(traced, args, { backend }), at(plain), 4e-15);
      slopes.forEach((slope, i) => expectNear(evaluate((...x) => grad((y) => sum(traced(...x.with(i, y))))(x[i]), args, { backend }), at(slope), 2e-14));
    }
  });

  test("broadcasts by NumPy's rule in value and derivative", () => {
    const matrix = [[1.5, -2, 0.5], [0.25, 3, -1]];
    const row = [2, -1, 0.5];
    const column = [[0.7], [-1.3]];
    const f = (m: Tensor, r: Tensor, c: Tensor, s: Tensor): Tensor => add(mul(sub(m, r), c), div(s, add(r, c)));
    const expected = matrix.flatMap((line, i) => line.map((x, j) => (x - row[j]) * column[i][0] + 1.7 / (row[j] + column[i][0])));
    expectNear(evaluate(f, [matrix, row, column, 1.7], { backend }), expected, 1e-15);
    expectNear(evaluate((c, r) => sub(c, r), [column, row], { backend }), column.flatMap(([c]) => row.map((r) => c - r)), 0);
    expectNear(evaluate((x) => mul(x, 2), [[[[3]], [[4]]]], { backend }), [6, 8], 0);
    checkGrads(f, [matrix, row, column, 1.7], { backend });
  });

  test("sends the slope to one side at ties, and none at the kink of abs", () => {
    const at = (f: (x: Tensor, y: Tensor) => Tensor): number[] => [0, 1].map((i) => evaluate((x, y) => grad((z) => (i === 0 ? f(z, y) : f(x, z)))(i === 0 ? x : y), [1, 1], { backend })[0]);
    expect(at(maximum)).toEqual([0, 1]);
    expect(at(minimum)).toEqual([1, 0]);
    expect(evaluate((x) => grad(abs)(x), [0], { backend })[0]).toBe(0);
  });

  test("powers: derivatives of whole powers end in zero, also at zero", () => {
    const cubic = (x: Tensor): Tensor => pow(x, 3);
    expect([cubic, grad(cubic), grad(grad(cubic)), grad(grad(grad(cubic))), grad(grad(grad(grad(cubic))))].map((f) => evaluate(f, [0], { backend })[0])).toEqual([0, 0, 0, 6, 0]);
    expect(Array.from(evaluate((x) => pow(x, Infinity), [[0.5, 2]], { backend }))).toEqual([0, Infinity]);
    expect(Array.from(evaluate((x) => add(pow(x, Infinity), pow(x, -Infinity)), [[0.5, 2]], { backend }))).toEqual([Infinity, Infinity]);
  });
});
