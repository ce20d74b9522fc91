// The table holds values of functions, among them some well-known constants.
/* oxlint-disable oxc/approx-constant */
import { describe, expect, test } from "vitest";
import { elementwise } from "./elementwise.ts";
import { makeNode } from "./tensor.ts";
import { atan2, compile, constant, div, erf, evaluate, exp, expm1, gelu, grad, log1p, maximum, minimum, mul, neg, pow, sigmoid, sign, sin, softplus, sqrt, sub, sum, tan, tanh, vjp, where, type Tensor } from "./index.ts";

/** Zeros, subnormal numbers, ends of the ranges of exp and its inverses, halves of powers of two, infinities, NaN. */
const specials = [
  0, 5e-324, 1e-320, 2.2250738585072014e-308, 1e-300, 1e-200, 1e-17, 1e-8, 0.25, 0.4142135623730951, 0.5, 0.7071067811865476, 1, 1.5, 2, 3, 5.5, 6, 19.5, 36.7, 40, 709.78, 709.79, 710, 720.5, 745.1, 745.2, 746,
  1e5, 2 ** 31, 1e9, 2 ** 52, 2 ** 53, 1e16, 1e22, 1e154, 1e200, 1e300, 1.7976931348623157e308, Infinity, NaN,
].flatMap((x) => [x, -x]);

/** Every function of entries, with its number of arguments. */
const everything: Readonly<Record<string, [f: (...x: Tensor[]) => Tensor, arity: number]>> = {
  ...Object.fromEntries(Object.entries(elementwise).map(([name, primitive]) => [name, [(...x: Tensor[]) => makeNode(primitive, x, {}), primitive.scalar({}).length] satisfies [unknown, number]])),
  ...Object.fromEntries([-2.5, -2, -1, -0.5, 0.5, 1.5, 2, 3, 4, 7, Infinity].map((n) => [`pow ${n}`, [(x: Tensor) => pow(x, n), 1] satisfies [unknown, number]])),
  max: [maximum, 2],
  min: [minimum, 2],
  atan2: [atan2, 2],
  gelu: [gelu, 1],
};

/** Distance in units of the last place of the reference. */
function ulps(found: number, expected: number): number {
  if (Object.is(found, expected)) return 0;
  if (!Number.isFinite(expected) || !Number.isFinite(found) || (expected === 0 && found === 0)) return Infinity;
  return Math.abs(found - expected) / Math.max(2 ** (Math.floor(Math.log2(Math.abs(expected))) - 52), Number.MIN_VALUE);
}

test.each(Object.entries(everything))("%s: special values and slopes are the interpreter's on every backend", (name, [f, arity]) => {
  const pairs = arity === 1 ? specials.map((x) => [x]) : specials.flatMap((x) => specials.map((y) => [x, y]));
  const args = [0, 1].slice(0, Math.min(arity, 2)).map((i) => Float64Array.from(pairs, (pair) => pair[i]));
  const g = arity === 3 ? (c: Tensor, x: Tensor): Tensor => f(c, x, neg(c)) : f;
  // The very purpose of multiplyAdd is to round less where it can.
  const ways = [["interpreter", false], ["js", false], ["wasm", false], ...(name === "multiplyAdd" ? [] : [["wasm", "auto"] as const])] as const;
  const results = ways.map(([backend, relaxedSimd]) => {
    const outs = Array.from({ length: 1 + args.length }, () => new Float64Array(pairs.length));
    compile((...x) => [g(...x), ...vjp((...y) => g(...y), ...x)[1](constant(1, [pairs.length]))], args.map((x) => [x.length]), { backend, relaxedSimd })(args, outs);
    return outs;
  });
  results[0].forEach((expected, k) => expected.forEach((y, i) => {
    for (let b = 1; b < ways.length; b++) {
      const found = results[b][k][i];
      const what = `${k === 0 ? "value" : `slope ${k - 1}`} of ${name}(${pairs[i].join(", ")}) is ${found} and should be ${y}`;
      // Slopes like 1 - y^2 are rounded as the 1 is.
      const rounded = b >= 2 && k > 0 && Math.abs(found - y) <= 1e-15;
      if (ulps(found, y) > (b === 1 ? 0 : 8) && !rounded) expect.fail(what);
    }
  }));
});

type Row = readonly [x: number, value: number, slope: number];

/** Computed with 700 digits and rounded once. */
const table: Readonly<Record<"softplus" | "sigmoid" | "tanh" | "expm1" | "erf" | "log1p", readonly Row[]>> = {
  softplus: [
    [1e-300, 0.6931471805599453, 0.5], [1e-20, 0.6931471805599453, 0.5], [1e-08, 0.6931471855599454, 0.5000000025], [0.1, 0.7443966600735709, 0.52497918747894],
    [1, 1.3132616875182228, 0.7310585786300049], [5, 5.006715348489118, 0.9933071490757152], [20, 20.000000002061153, 0.9999999979388464], [40, 40, 1],
    [300, 300, 1], [700, 700, 1], [800, 800, 1],
    [-1e-300, 0.6931471805599453, 0.5], [-1e-20, 0.6931471805599453, 0.5], [-1e-08, 0.6931471755599453, 0.4999999975], [-0.1, 0.6443966600735709, 0.47502081252106],
    [-1, 0.3132616875182228, 0.2689414213699951], [-5, 0.006715348489118068, 0.0066928509242848554], [-20, 2.061153620314381e-09, 2.0611536181902037e-09], [-40, 4.248354255291589e-18, 4.248354255291589e-18],
    [-300, 5.148200222412013e-131, 5.148200222412013e-131], [-700, 9.85967654375977e-305, 9.85967654375977e-305], [-800, 0, 0],
  ],
  sigmoid: [
    [1e-300, 0.5, 0.25], [1e-20, 0.5, 0.25], [1e-08, 0.5000000025, 0.25], [0.1, 0.52497918747894, 0.24937604019289197],
    [1, 0.7310585786300049, 0.19661193324148185], [5, 0.9933071490757152, 0.006648056670790155], [20, 0.9999999979388464, 2.061153613941849e-09], [40, 1, 4.248354255291589e-18],
    [300, 1, 5.148200222412013e-131], [700, 1, 9.85967654375977e-305], [800, 1, 0],
    [-1e-300, 0.5, 0.25], [-1e-20, 0.5, 0.25], [-1e-08, 0.4999999975, 0.25], [-0.1, 0.47502081252106, 0.24937604019289197],
    [-1, 0.2689414213699951, 0.19661193324148185], [-5, 0.0066928509242848554, 0.006648056670790155], [-20, 2.0611536181902037e-09, 2.061153613941849e-09], [-40, 4.248354255291589e-18, 4.248354255291589e-18],
    [-300, 5.148200222412013e-131, 5.148200222412013e-131], [-700, 9.85967654375977e-305, 9.85967654375977e-305], [-800, 0, 0],
  ],
  tanh: [
    [1e-300, 1e-300, 1], [1e-20, 1e-20, 1], [1e-08, 1e-08, 0.9999999999999999], [0.1, 0.09966799462495582, 0.9900662908474398],
    [1, 0.7615941559557649, 0.4199743416140261], [5, 0.9999092042625951, 0.0001815832309438067], [20, 1, 1.6993417021166355e-17], [40, 1, 7.219405551381661e-35],
    [300, 1, 1.0601586212017243e-260], [700, 1, 0], [800, 1, 0],
    [-1e-300, -1e-300, 1], [-1e-20, -1e-20, 1], [-1e-08, -1e-08, 0.9999999999999999], [-0.1, -0.09966799462495582, 0.9900662908474398],
    [-1, -0.7615941559557649, 0.4199743416140261], [-5, -0.9999092042625951, 0.0001815832309438067], [-20, -1, 1.6993417021166355e-17], [-40, -1, 7.219405551381661e-35],
    [-300, -1, 1.0601586212017243e-260], [-700, -1, 0], [-800, -1, 0],
  ],
  expm1: [
    [1e-300, 1e-300, 1], [1e-20, 1e-20, 1], [1e-08, 1.0000000050000001e-08, 1.00000001], [0.1, 0.10517091807564763, 1.1051709180756477],
    [1, 1.7182818284590453, 2.718281828459045], [5, 147.4131591025766, 148.4131591025766], [20, 485165194.4097903, 485165195.4097903], [40, 2.3538526683702e+17, 2.3538526683702e+17],
    [300, 1.9424263952412558e+130, 1.9424263952412558e+130], [700, 1.0142320547350045e+304, 1.0142320547350045e+304], [800, Infinity, Infinity],
    [-1e-300, -1e-300, 1], [-1e-20, -1e-20, 1], [-1e-08, -9.999999950000001e-09, 0.9999999900000001], [-0.1, -0.09516258196404043, 0.9048374180359595],
    [-1, -0.6321205588285577, 0.36787944117144233], [-5, -0.9932620530009145, 0.006737946999085467], [-20, -0.9999999979388464, 2.061153622438558e-09], [-40, -1, 4.248354255291589e-18],
    [-300, -1, 5.148200222412013e-131], [-700, -1, 9.85967654375977e-305], [-800, -1, 0],
  ],
  erf: [
    [1e-300, 1.1283791670955126e-300, 1.1283791670955126], [1e-20, 1.1283791670955125e-20, 1.1283791670955126], [1e-08, 1.1283791670955126e-08, 1.1283791670955126], [0.1, 0.1124629160182849, 1.1171516067889369],
    [1, 0.8427007929497149, 0.4151074974205947], [5, 0.9999999999984626, 1.5670866531017336e-11], [20, 1, 2.1610374743867984e-174], [40, 1, 0],
    [300, 1, 0], [700, 1, 0], [800, 1, 0],
    [-1e-300, -1.1283791670955126e-300, 1.1283791670955126], [-1e-20, -1.1283791670955125e-20, 1.1283791670955126], [-1e-08, -1.1283791670955126e-08, 1.1283791670955126], [-0.1, -0.1124629160182849, 1.1171516067889369],
    [-1, -0.8427007929497149, 0.4151074974205947], [-5, -0.9999999999984626, 1.5670866531017336e-11], [-20, -1, 2.1610374743867984e-174], [-40, -1, 0],
    [-300, -1, 0], [-700, -1, 0], [-800, -1, 0],
  ],
  log1p: [
    [1e-300, 1e-300, 1], [1e-20, 1e-20, 1], [1e-08, 9.999999950000001e-09, 0.9999999900000001], [0.1, 0.09531017980432487, 0.9090909090909091],
    [1, 0.6931471805599453, 0.5], [5, 1.791759469228055, 0.16666666666666666], [20, 3.044522437723423, 0.047619047619047616], [40, 3.713572066704308, 0.024390243902439025],
    [300, 5.707110264748875, 0.0033222591362126247], [700, 6.55250788703459, 0.0014265335235378032], [800, 6.68586094706836, 0.0012484394506866417],
    [-1e-300, -1e-300, 1], [-1e-20, -1e-20, 1], [-1e-08, -1.0000000050000001e-08, 1.0000000100000002], [-0.1, -0.10536051565782631, 1.1111111111111112],
  ],
};
const functions = { softplus, sigmoid, tanh, expm1, erf, log1p };

/** The slope of tanh is 1 - y^2: exact to rounding of 1, not relative to its tail. The others are relative all the way. */
const slopeError = (name: string, expected: number): number => (name === "tanh" ? 3e-16 : 2e-15 * Math.abs(expected));

/** The smallest positive number, for results that are rounded below the normal range. */
const smallest = 5e-324;

describe.each([["interpreter", "auto"], ["js", "auto"], ["wasm", "auto"], ["wasm", false]] as const)("numbers at the edge, %s, relaxedSimd %s", (backend, relaxedSimd) => {
  const run = (f: (x: Tensor) => Tensor, ...x: number[]): number[] => [...evaluate(f, [x], { backend, relaxedSimd })];
  const slopes = (f: (x: Tensor) => Tensor, ...x: number[]): number[] => run((y) => grad((z) => sum(f(z)))(y), ...x);
  const check = (found: number, expected: number, allowed: number, what: string): void => {
    if (Number.isFinite(expected)) expect(Math.abs(found - expected), `${what} is ${found} and should be ${expected}`).toBeLessThanOrEqual(allowed + smallest);
    else expect(found, what).toBe(expected);
  };

  test.each(Object.keys(table) as (keyof typeof table)[])("%s: values and slopes from 1e-300 to 800", (name) => {
    const rows = table[name];
    const values = run(functions[name], ...rows.map(([x]) => x));
    const found = slopes(functions[name], ...rows.map(([x]) => x));
    rows.forEach(([x, value, slope], k) => {
      check(values[k], value, 5e-16 * Math.abs(value), `${name}(${x})`);
      check(found[k], slope, slopeError(name, slope), `${name}'(${x})`);
    });
  });

  test("limits at infinity, in value and slope", () => {
    const limits: readonly [f: (x: Tensor) => Tensor, below: number, above: number, slopeBelow: number, slopeAbove: number][] = [
      [softplus, 0, Infinity, 0, 1], [sigmoid, 0, 1, 0, 0], [tanh, -1, 1, 0, 0], [erf, -1, 1, 0, 0], [expm1, -1, Infinity, 0, Infinity], [exp, 0, Infinity, 0, Infinity],
    ];
    for (const [f, below, above, slopeBelow, slopeAbove] of limits) {
      expect(run(f, -Infinity, Infinity)).toEqual([below, above]);
      expect(slopes(f, -Infinity, Infinity)).toEqual([slopeBelow, slopeAbove]);
    }
    expect(run(log1p, Infinity, -1)).toEqual([Infinity, -Infinity]);
    expect(slopes(log1p, Infinity, -1)).toEqual([0, Infinity]);
    expect(run(sqrt, 0, Infinity, -1)).toEqual([0, Infinity, NaN]);
    expect(slopes(sqrt, 0, Infinity)).toEqual([Infinity, 0]);
  });

  test("second derivatives of activations are finite everywhere in between", () => {
    for (const f of [softplus, sigmoid, tanh, erf]) {
      const second = run((y) => grad((z) => sum(grad((u) => sum(f(u)))(z)))(y), -800, -40, -1e-300, 0, 1e-300, 40, 800);
      expect(second.every(Number.isFinite)).toBe(true);
      second.filter((_, k) => k === 0 || k === 6).forEach((x) => expect(Math.abs(x)).toBe(0));
    }
  });

  test("odd functions keep the sign of zero", () => {
    const signs = (f: (x: Tensor) => Tensor): number[] => run(f, 0, -0).map((x) => 1 / x);
    for (const f of [sin, tan, tanh, expm1, log1p, erf, sqrt, sign, (x: Tensor) => mul(x, 3)]) expect(signs(f)).toEqual([Infinity, -Infinity]);
    expect(signs(neg)).toEqual([-Infinity, Infinity]);
    expect(signs((x) => mul(x, -1))).toEqual([-Infinity, Infinity]);
    expect(signs((x) => pow(x, 3))).toEqual([Infinity, -Infinity]);
    expect(run((x) => atan2(x, -1), 0, -0)).toEqual([Math.PI, -Math.PI]);
    expect(run((x) => div(1, x), 0, -0)).toEqual([Infinity, -Infinity]);
  });

  test("NaN is passed on and never hidden by a branch taken", () => {
    for (const f of [exp, tanh, softplus, sigmoid, erf, neg, (x: Tensor) => maximum(x, 1), (x: Tensor) => minimum(1, x), (x: Tensor) => sub(x, x)]) expect(run(f, NaN)).toEqual([NaN]);
    expect(run((x) => where(x, 1, 2), 0, -0, 3, NaN)).toEqual([2, 2, 1, 1]);
    // The branch not taken does no harm as long as its derivative is finite.
    expect(run((x) => where(x, div(1, x), 7), 0, 2)).toEqual([7, 0.5]);
  });

  test("integers and huge numbers pass unchanged", () => {
    expect(run((x) => sub(mul(x, 1), 0), 2 ** 53, -1.7976931348623157e308, 5e-324)).toEqual([2 ** 53, -1.7976931348623157e308, 5e-324]);
  });
});
