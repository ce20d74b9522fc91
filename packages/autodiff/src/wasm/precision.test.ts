import { describe, expect, test } from "vitest";
import { atan2, compile, cos, erf, exp, expm1, log, log1p, pow, sigmoid, sin, softplus, tan, tanh, type Tensor } from "../index.ts";

// Reference: integers times 2^-220, independent of any library of functions.
const scale = 220n;
const one = 1n << scale;
const times = (x: bigint, y: bigint): bigint => (x * y) >> scale;

/** Sums a series whose terms follow from one another until they vanish. */
function series(first: bigint, next: (term: bigint, n: bigint) => bigint, part: (term: bigint, n: bigint) => bigint = (term) => term): bigint {
  let sum = 0n;
  for (let [n, term] = [0n, first]; term !== 0n && term !== -1n; term = next(term, ++n)) sum += part(term, n);
  return sum;
}

/** `artanh(1 / n)`, or `arctan(1 / n)` with alternating signs. */
const inverse = (n: bigint, sign: 1n | -1n): bigint => series(one / n, (term) => (sign * term) / (n * n), (term, k) => term / (2n * k + 1n));
const pi = 4n * (4n * inverse(5n, -1n) - inverse(239n, -1n));
/** By Newton's method. */
const rootOfPi = ((): bigint => {
  let root = one * 2n;
  for (let step = 0; step < 12; step++) root = (root + (pi << scale) / root) / 2n;
  return root;
})();
const ln2 = 2n * inverse(3n, 1n);

const sineOf = (x: bigint): bigint => {
  const r = x % (2n * pi);
  const square = times(r, r);
  return series(r, (term, n) => -times(term, square) / (2n * n * (2n * n + 1n)));
};
const cosineOf = (x: bigint): bigint => sineOf(x + pi / 2n);
const exponentialOf = (x: bigint): bigint => {
  const k = x / ln2;
  const sum = series(one, (term, n) => times(term, x - k * ln2) / n);
  return k >= 0n ? sum << k : sum >> -k;
};
const errorFunctionOf = (x: bigint): bigint => {
  const square = times(x, x);
  const sum = series(x, (term, n) => -times(term, square) / n, (term, n) => term / (2n * n + 1n));
  return (2n * sum << scale) / rootOfPi;
};
const logarithmOf = (x: bigint): bigint => {
  let [k, m] = [0n, x];
  for (; m > (3n * one) / 2n; k++) m >>= 1n;
  for (; m < (3n * one) / 4n; k--) m <<= 1n;
  const y = ((m - one) << scale) / (m + one);
  const square = times(y, y);
  return 2n * series(y, (term) => times(term, square), (term, n) => term / (2n * n + 1n)) + k * ln2;
};

/** By a step of Newton's method from the host's own, which is within 1e-15. */
const angleOf = (y: bigint, x: bigint): bigint => {
  const near = fixed(Math.atan2(rounded(y), rounded(x)));
  const [s, c] = [sineOf(near), cosineOf(near)];
  return near + ((times(y, c) - times(x, s)) << scale) / (times(x, c) + times(y, s));
};

/** A number as such an integer: exact, if its last bit is above 2^-220. */
function fixed(x: number): bigint {
  let [mantissa, shift] = [x, scale];
  for (; !Number.isInteger(mantissa); shift--) mantissa *= 2;
  return shift >= 0n ? BigInt(mantissa) << shift : BigInt(mantissa) >> -shift;
}

/** The nearest number but for two roundings. */
function rounded(x: bigint): number {
  const size = (x < 0n ? -x : x).toString(2).length;
  const shift = BigInt(Math.max(0, size - 64));
  return Number(x >> shift) * 2 ** Number(shift - scale);
}

/** Error in units of the last place of the exact result. */
function ulps(found: number, exact: bigint): number {
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(rounded(exact)))) - 52);
  return Math.abs(rounded(fixed(found) - exact)) / unit;
}

const between = (from: number, to: number, n = 250): number[] => Array.from({ length: n }, (_, k) => from + (to - from) * ((0.1234567 + k * Math.SQRT2) % 1));
const angles = [
  ...between(-0.8, 0.8), ...between(-10, 10), ...between(-1e5, 1e5), ...between(-1e-5, 1e-5),
  // Next to the zeros, where only the far digits of pi are left.
  ...Array.from({ length: 200 }, (_, k) => Math.round(1.09 ** (k / 2) * (k + 1)) * (Math.PI / 2)).filter((x) => x <= 1e5),
];

const sides = [...between(-0.3, 0.3), ...between(-2, 2), ...between(-40, 40), ...between(-1e-5, 1e-5), ...between(1e5, 1e9)];
const slopes = [...between(-0.5, 0.5), ...between(-2, 2), ...between(-10, 10), ...between(-40, 40)];

/** With what holds on grids of 3,000 points, and at most 0.15 more. */
describe.each([
  ["exp", exp, exponentialOf, [...between(-0.4, 0.4), ...between(-40, 40)], 1],
  ["expm1", expm1, (x: bigint) => exponentialOf(x) - one, [...between(-0.4, 0.4), ...between(-2, 2), ...between(-45, 45), ...between(-1e-5, 1e-5)], 1],
  ["log", log, logarithmOf, [...between(0.5, 2), ...between(1e-9, 10), ...between(0.999, 1.001), ...between(1, 1e30)], 0.8],
  ["log1p", log1p, (x: bigint) => logarithmOf(one + x), [...between(-0.999, 1), ...between(-1e-5, 1e-5), ...between(1, 1e5), ...between(1, 1e30)], 0.8],
  ["sin", sin, sineOf, angles, 0.8],
  ["cos", cos, cosineOf, angles, 0.85],
  ["erf", erf, errorFunctionOf, [...between(-0.9, 0.9), ...between(0.8, 1.3), ...between(-4, 4), ...between(3.9, 6.5), ...between(-1e-5, 1e-5)], 1.35],
  ["sigmoid", sigmoid, (x: bigint) => (one << scale) / (one + exponentialOf(-x)), slopes, 2.2],
  ["softplus", softplus, (x: bigint) => logarithmOf(one + exponentialOf(x)), slopes, 2.65],
  ["tanh", tanh, (x: bigint) => ((exponentialOf(2n * x) - one) << scale) / (exponentialOf(2n * x) + one), [...slopes, ...between(-1e-5, 1e-5)], 2.6],
  ...[0.7, -0.7].flatMap((side) => [
    [`atan2(x, ${side})`, (x: Tensor) => atan2(x, side), (x: bigint) => angleOf(x, fixed(side)), sides, 1.35] as const,
    [`atan2(${side}, x)`, (x: Tensor) => atan2(side, x), (x: bigint) => angleOf(fixed(side), x), sides, 1.35] as const,
  ]),
  ...([[-4, 3.1], [-3.5, 2.9], [-3, 2.3], [-1.5, 2.05], [-0.5, 1.45], [0.5, 0.505], [1.5, 1.3], [2.5, 1.95], [3, 1.3], [3.5, 2.4], [4, 1.95]] as const).map(([n, limit]) => [`pow ${n}`, (x: Tensor) => pow(x, n), (x: bigint) => exponentialOf((BigInt(2 * n) * logarithmOf(x)) / 2n), [...between(0.1, 3), ...between(1, 1e5)], limit] as const),
  ["tan", tan, (x: bigint) => (sineOf(x) << scale) / cosineOf(x), angles, 1.95],
] as const)("%s", (_name, f, exact, points, limit) => {
  test.each([["js", "auto"], ["wasm", "auto"], ["wasm", false]] as const)(`is within ${limit} ulp of the exact value, %s, relaxedSimd %s`, (backend, relaxedSimd) => {
    const found = new Float64Array(points.length);
    compile((x: Tensor) => f(x), [[points.length]], { backend, relaxedSimd })([Float64Array.from(points)], [found]);
    points.forEach((x, i) => expect(ulps(found[i], exact(fixed(x))), `at ${x}`).toBeLessThanOrEqual(limit));
  });
});
