import { add, at, compile, div, exp, jvp, mul, neg, sqrt, stack, sub, tensor, type Kernel, type Tensor } from "@fluxion/autodiff";
import { describe, expect, test } from "vitest";
import { leastSquares, type LeastSquaresOptions } from "./least-squares.ts";

type Evaluate = LeastSquaresOptions["evaluate"];

/** Residuals and their Jacobian from one traced function. */
function traced(residuals: (b: Tensor) => Tensor, m: number, count: number): Evaluate {
  const [value, slope] = [compile(residuals, [[m]]), compile((b, v) => jvp(residuals, [b], [v])[1], [[m], [m]])];
  const run = (kernel: Kernel, ...given: Float64Array[]): Float64Array => {
    const ins = (kernel.inputs ?? given.map(({ length }) => new Float64Array(length))) as Float64Array[];
    const outs = (kernel.outputs ?? [new Float64Array(count)]) as Float64Array[];
    given.forEach((x, i) => ins[i].set(x));
    kernel(ins, outs);
    return outs[0];
  };
  return (b) => {
    const jacobian = new Float64Array(count * m);
    for (let j = 0; j < m; j++) run(slope, b, new Float64Array(m).fill(1, j, j + 1)).forEach((x, i) => (jacobian[i * m + j] = x));
    return { residuals: run(value, b), jacobian };
  };
}

/** Those of a curve at x from y. */
const curve = (f: (b: Tensor, x: Tensor) => Tensor, { x, y }: { x: readonly number[]; y: readonly number[] }, m: number): Evaluate => traced((b) => sub(f(b, tensor(x)), tensor(y)), m, x.length);

const bs = (b: Tensor): Tensor[] => [0, 1, 2, 3, 4, 5, 6].slice(0, b.size).map((i) => at(b, i));
const square = (x: Tensor): Tensor => mul(x, x);
/** `b_0 + x (b_1 + ...)`. */
const polynomial = (coefficients: readonly (Tensor | number)[], x: Tensor): Tensor => coefficients.reduceRight<Tensor>((sum, b) => add(b, mul(x, sum)), mul(0, x));
const largest = (found: ArrayLike<number>, certified: readonly number[]): number => Math.max(...certified.map((x, i) => Math.abs(found[i] / x - 1)));

/** A problem of NIST's Statistical Reference Datasets, https://www.itl.nist.gov/div898/strd/nls/nls_main.shtml, with certified parameters, standard errors and sum of squares. */
interface Nist {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly f: (b: Tensor, x: Tensor) => Tensor;
  readonly starts: readonly (readonly number[])[];
  readonly parameters: readonly number[];
  readonly errors: readonly number[];
  readonly sumOfSquares: number;
}

const kowalikOsborne = (b: Tensor, x: Tensor): Tensor => {
  const [b1, b2, b3, b4] = bs(b);
  return div(mul(b1, mul(x, add(x, b2))), polynomial([b4, b3, 1], x));
};

const nist: Readonly<Record<string, Nist>> = {
  Misra1a: {
    y: [10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.4, 75.47, 81.78],
    x: [77.6, 114.9, 141.1, 190.8, 239.9, 289, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760],
    f: (b, x) => mul(at(b, 0), sub(1, exp(neg(mul(at(b, 1), x))))),
    starts: [[500, 0.0001], [250, 0.0005]],
    parameters: [2.3894212918e2, 5.5015643181e-4],
    errors: [2.7070075241, 7.2668688436e-6],
    sumOfSquares: 1.2455138894e-1,
  },
  Thurber: {
    y: [
      80.574, 84.248, 87.264, 87.195, 89.076, 89.608, 89.868, 90.101, 92.405, 95.854, 100.696, 101.06, 401.672, 390.724, 567.534, 635.316, 733.054, 759.087, 894.206,
      990.785, 1090.109, 1080.914, 1122.643, 1178.351, 1260.531, 1273.514, 1288.339, 1327.543, 1353.863, 1414.509, 1425.208, 1421.384, 1442.962, 1464.35, 1468.705, 1447.894, 1457.628,
    ],
    x: [
      -3.067, -2.981, -2.921, -2.912, -2.84, -2.797, -2.702, -2.699, -2.633, -2.481, -2.363, -2.322, -1.501, -1.46, -1.274, -1.212, -1.1, -1.046, -0.915, -0.714, -0.566,
      -0.545, -0.4, -0.309, -0.109, -0.103, 0.01, 0.119, 0.377, 0.79, 0.963, 1.006, 1.115, 1.572, 1.841, 2.047, 2.2,
    ],
    f: (b, x) => div(polynomial(bs(b).slice(0, 4), x), polynomial([1, ...bs(b).slice(4)], x)),
    starts: [[1000, 1000, 400, 40, 0.7, 0.3, 0.03], [1300, 1500, 500, 75, 1, 0.4, 0.05]],
    parameters: [1.28813968e3, 1.4910792535e3, 5.8323836877e2, 7.5416644291e1, 9.6629502864e-1, 3.9797285797e-1, 4.9727297349e-2],
    errors: [4.6647963344, 3.9571156086e1, 2.8698696102e1, 5.567537027, 3.1333340687e-2, 1.4984928198e-2, 6.5842344623e-3],
    sumOfSquares: 5.6427082397e3,
  },
  MGH09: {
    y: [0.1957, 0.1947, 0.1735, 0.16, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246],
    x: [4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625],
    f: kowalikOsborne,
    starts: [[25, 39, 41.5, 39], [0.25, 0.39, 0.415, 0.39]],
    parameters: [1.9280693458e-1, 1.9128232873e-1, 1.2305650693e-1, 1.3606233068e-1],
    errors: [1.1435312227e-2, 1.9633220911e-1, 8.0842031232e-2, 9.0025542308e-2],
    sumOfSquares: 3.0750560385e-4,
  },
  MGH17: {
    y: [
      0.844, 0.908, 0.932, 0.936, 0.925, 0.908, 0.881, 0.85, 0.818, 0.784, 0.751, 0.718, 0.685, 0.658, 0.628, 0.603, 0.58, 0.558, 0.538, 0.522, 0.506, 0.49, 0.478, 0.467,
      0.457, 0.448, 0.438, 0.431, 0.424, 0.42, 0.414, 0.411, 0.406,
    ],
    x: Array.from({ length: 33 }, (_, k) => 10 * k),
    f: (b, x) => {
      const [b1, b2, b3, b4, b5] = bs(b);
      return add(b1, add(mul(b2, exp(neg(mul(b4, x)))), mul(b3, exp(neg(mul(b5, x))))));
    },
    starts: [[50, 150, -100, 1, 2], [0.5, 1.5, -1, 0.01, 0.02]],
    parameters: [3.7541005211e-1, 1.9358469127, -1.4646871366, 1.286753464e-2, 2.2122699662e-2],
    errors: [2.0723153551e-3, 2.2031669222e-1, 2.2175707739e-1, 4.4861358114e-4, 8.9471996575e-4],
    sumOfSquares: 5.4648946975e-5,
  },
  Eckerle4: {
    y: [
      0.0001575, 0.0001699, 0.000235, 0.0003102, 0.0004917, 0.000871, 0.0017418, 0.00464, 0.0065895, 0.0097302, 0.0149002, 0.023731, 0.0401683, 0.0712559, 0.1264458, 0.2073413,
      0.2902366, 0.3445623, 0.3698049, 0.3668534, 0.3106727, 0.2078154, 0.1164354, 0.0616764, 0.03372, 0.0194023, 0.0117831, 0.0074357, 0.0022732, 0.00088, 0.0004579, 0.0002345,
      0.0001586, 0.0001143, 0.000071,
    ],
    x: [
      400, 405, 410, 415, 420, 425, 430, 435, 436.5, 438, 439.5, 441, 442.5, 444, 445.5, 447, 448.5, 450, 451.5, 453, 454.5, 456, 457.5, 459, 460.5, 462, 463.5, 465, 470, 475, 480,
      485, 490, 495, 500,
    ],
    f: (b, x) => {
      const [b1, b2, b3] = bs(b);
      return mul(div(b1, b2), exp(mul(-0.5, square(div(sub(x, b3), b2)))));
    },
    starts: [[1, 10, 500], [1.5, 5, 450]],
    parameters: [1.5543827178, 4.0888321754, 4.5154121844e2],
    errors: [1.5408051163e-2, 4.6803020753e-2, 4.6800518816e-2],
    sumOfSquares: 1.4635887487e-3,
  },
};

describe.each(Object.entries(nist))("NIST's %s", (_name, { f, x, y, starts, parameters, errors, sumOfSquares }) => {
  const evaluate = curve(f, { x, y }, parameters.length);

  test.each(starts)("has its certified parameters and standard errors, from %d, ...", async (...start) => {
    const result = await leastSquares({ evaluate, start, tolerance: 1e-16 });
    expect(result.status).toBe("converged");
    expect(largest(result.p, parameters)).toBeLessThan(1e-7);
    expect(largest(result.standardErrors, errors)).toBeLessThan(3e-7);
    expect(2 * result.cost / sumOfSquares).toBeCloseTo(1, 10);
    expect(result.variance * (y.length - parameters.length)).toBeCloseTo(2 * result.cost, 14);
  });

  test("has them by the default tolerance to a thousandth of a standard error", async () => {
    const { p, status } = await leastSquares({ evaluate, start: starts[1] });
    expect(status).toBe("converged");
    expect(Math.max(...parameters.map((b, i) => Math.abs(p[i] - b) / errors[i]))).toBeLessThan(1e-3);
  });
});

const bardData = [0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.1, 4.39];
const bard = traced((b) => {
  const [b1, b2, b3] = bs(b);
  const u = Array.from(bardData, (_, i) => i + 1);
  return sub(tensor(bardData), add(b1, div(tensor(u), add(mul(b2, tensor(u.map((k) => 16 - k))), mul(b3, tensor(u.map((k) => Math.min(k, 16 - k))))))));
}, 3, 15);
const rosenbrock = traced((b) => stack([mul(10, sub(at(b, 1), square(at(b, 0)))), sub(1, at(b, 0))]), 2, 2);

// Minima of problems 1, 2, 3, 6, 8, 15 and 16 of More, Garbow, Hillstrom, Testing unconstrained optimization software (1981): sums of squares with the digits they give.
test.each<[string, Evaluate, number[], number, number[] | undefined]>([
  ["Rosenbrock", rosenbrock, [-1.2, 1], 0, [1, 1]],
  ["Freudenstein and Roth, whose other minimum is 0", traced((b) => {
    const [b1, b2] = bs(b);
    return stack([add(sub(b1, 13), mul(b2, sub(mul(b2, sub(5, b2)), 2))), add(sub(b1, 29), mul(b2, sub(mul(b2, add(b2, 1)), 14)))]);
  }, 2, 2), [0.5, -2], 48.9842, [11.4128, -0.896805]],
  ["Powell's badly scaled one", traced((b) => {
    const [b1, b2] = bs(b);
    return stack([sub(mul(1e4, mul(b1, b2)), 1), sub(add(exp(neg(b1)), exp(neg(b2))), 1.0001)]);
  }, 2, 2), [0, 1], 0, [1.09816e-5, 9.10615]],
  ["Jennrich and Sampson, with large residuals", traced((b) => {
    const [b1, b2] = bs(b);
    const k = tensor([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    return sub(add(2, mul(2, k)), add(exp(mul(b1, k)), exp(mul(b2, k))));
  }, 2, 10), [0.3, 0.4], 124.362, [0.257825, 0.257825]],
  ["Bard", bard, [1, 1, 1], 8.21487e-3, undefined],
  ["Bard from afar, where others run to infinity", bard, [10, 10, 10], 8.21487e-3, undefined],
  ["Kowalik and Osborne", curve(kowalikOsborne, nist.MGH09, 4), [0.25, 0.39, 0.415, 0.39], 3.07505e-4, undefined],
  ["Brown and Dennis, with large residuals", traced((b) => {
    const [b1, b2, b3, b4] = bs(b);
    const t = Array.from({ length: 20 }, (_, i) => (i + 1) / 5);
    return add(square(sub(add(b1, mul(tensor(t), b2)), tensor(t.map(Math.exp)))), square(sub(add(b3, mul(tensor(t.map(Math.sin)), b4)), tensor(t.map(Math.cos)))));
  }, 4, 20), [25, 5, -5, -1], 85822.2, undefined],
])("%s", async (_name, evaluate, start, sumOfSquares, minimum) => {
  const { status, cost, p } = await leastSquares({ evaluate, start });
  expect(status).toBe("converged");
  if (sumOfSquares === 0) expect(cost).toBeLessThan(1e-20);
  else expect(Math.abs(2 * cost / sumOfSquares - 1)).toBeLessThan(6e-6);
  if (minimum) expect(largest(p, minimum)).toBeLessThan(1e-4);
});

test("Powell's singular problem: the parameters go to 0, where the Jacobian has lost half its rank", async () => {
  const evaluate = traced((b) => {
    const [b1, b2, b3, b4] = bs(b);
    const five = sqrt(tensor(5));
    return stack([add(b1, mul(10, b2)), mul(five, sub(b3, b4)), square(sub(b2, mul(2, b3))), mul(Math.sqrt(10), square(sub(b1, b4)))]);
  }, 4, 4);
  const { status, p, standardErrors } = await leastSquares({ evaluate, start: [3, -1, 0, 1] });
  expect(status).toBe("converged");
  expect(Math.max(...p.map(Math.abs))).toBeLessThan(1e-7);
  expect(standardErrors.some(Number.isFinite)).toBe(false);
});

// The minima that SciPy 1.17.1's least_squares finds by "trf" and "dogbox", with tolerances of 1e-15.
test.each<[string, Evaluate, number[], (number | undefined)[], (number | undefined)[], number[], number]>([
  ["Bard", bard, [0.5, 1, 1], [0.1, 0, 0], [undefined, 1, undefined], [0.1, 1, 2.50363577], 0.006635420085915],
  ["Bard, from other sides", bard, [0.05, 1, 2], [undefined, 0, 0], [0.06, undefined, 2.2], [0.06, 1.2400769, 2.2], 0.007533405724867],
  ["Kowalik and Osborne, both at upper bounds", curve(kowalikOsborne, nist.MGH09, 4), [0.25, 0.39, 0.05, 0.05], [0, 0, 0, 0], [undefined, undefined, 0.1, 0.1], [0.19552032, 0.1127865, 0.1, 0.1], 0.000162497071988],
  ["Kowalik and Osborne, both at lower bounds", curve(kowalikOsborne, nist.MGH09, 4), [0.25, 0.39, 0.415, 0.39], [0.195, 0.3, 0, 0], [], [0.195, 0.3, 0.20723328, 0.18020005], 0.000173395001267],
  ["Rosenbrock", rosenbrock, [-1.2, 0.1], [], [0.5, 0.2], [0.45388973, 0.2], 0.150927758319257],
])("within bounds: %s", async (_name, evaluate, start, lower, upper, minimum, least) => {
  const filled = (bounds: readonly (number | undefined)[], x: number): number[] => start.map((_, i) => bounds[i] ?? x);
  const result = await leastSquares({ evaluate, start, lower: filled(lower, -Infinity), upper: filled(upper, Infinity), tolerance: 1e-14 });
  expect(result.status).toBe("converged");
  expect(result.cost / least).toBeCloseTo(1, 11);
  minimum.forEach((x, j) => {
    const atBound = x === lower[j] || x === upper[j];
    if (atBound) expect(result.p[j]).toBe(x);
    else expect(Math.abs(result.p[j] / x - 1)).toBeLessThan(1e-7);
    expect(Number.isNaN(result.standardErrors[j])).toBe(atBound);
  });
});
