import type { VectorCode } from "./expressions.ts";

interface Trigonometry {
  /** Beyond it products with the parts of pi / 2 are not exact. */
  readonly limit: number;
  /** pi / 2 in parts of few bits, so that products with small integers are exact, and the rest. */
  readonly halfPi: readonly number[];
  /** `sin x = x + x^3 (first + x^2 series(x^2))` */
  readonly sineFirst: number;
  readonly sineSeries: readonly number[];
  /** `cos x = 1 - x^2 / 2 + x^4 series(x^2)` */
  readonly cosineSeries: readonly number[];
}

/** By the bytes of a number. */
const trigonometry: Readonly<Record<4 | 8, Trigonometry>> = {
  /** @source Sun Microsystems 1993, fdlibm e_rem_pio2.c, k_sin.c and k_cos.c */
  8: {
    limit: 1e5,
    halfPi: [1.57079632673412561417, 6.0771005063039659766e-11, 2.0222662487111664558e-21, 8.47842766036889956997e-32],
    sineFirst: -1.66666666666666324348e-1,
    sineSeries: [8.33333333332248946124e-3, -1.98412698298579493134e-4, 2.75573137070700676789e-6, -2.50507602534068634195e-8, 1.58969099521155010221e-10],
    cosineSeries: [4.16666666666666019037e-2, -1.38888888888741095749e-3, 2.48015872894767294178e-5, -2.75573143513906633035e-7, 2.0875723212981748279e-9, -1.13596475577881948265e-11],
  },
  /** @source Moshier 1992, Cephes Mathematical Library, sinf.c */
  4: {
    limit: 4096,
    halfPi: [1.5703125, 4.837512969970703125e-4, 7.549533620476723e-8, 2.5633441e-12],
    sineFirst: -1.6666654611e-1,
    sineSeries: [8.3321608736e-3, -1.9515295891e-4],
    cosineSeries: [4.166664568298827e-2, -1.388731625493765e-3, 2.443315711809948e-5],
  },
};

/** `x - y` and its rounding error. @source Knuth 1969, The Art of Computer Programming 2, sec. 4.2.2 */
function difference(v: VectorCode, x: number, y: number): [value: number, error: number] {
  const value = v.op("sub", x, y);
  const part = v.op("sub", value, x);
  return [value, v.op("sub", v.op("sub", x, v.op("sub", value, part)), v.op("add", y, part))];
}

/** Sine and cosine of `x - n pi / 2`, at most pi / 4 in size, and n in the low bits of an integer. */
function reduced(v: VectorCode, x: number): { sine: number; cosine: number; quadrant: number } {
  const { magic } = v.numbers;
  const { halfPi } = trigonometry[v.bytes];
  const shifted = v.op("add", v.op("mul", x, v.constant(2 / Math.PI)), v.constant(magic));
  const n = v.op("sub", shifted, v.constant(magic));
  const [first, second, third, rest] = halfPi.map((part) => v.op("mul", n, v.constant(part)));
  const [coarse, error] = difference(v, v.op("sub", x, first), second);
  const [r, tail] = difference(v, coarse, v.op("add", v.op("sub", third, error), rest));
  const z = v.op("mul", r, r);
  return { sine: sineKernel(v, r, tail, z), cosine: cosineKernel(v, r, tail, z), quadrant: shifted };
}

/** `sin(r + tail)` */
function sineKernel(v: VectorCode, r: number, tail: number, z: number): number {
  const cube = v.op("mul", z, r);
  const bent = v.op("sub", v.op("mul", v.constant(0.5), tail), v.op("mul", cube, v.polynomial(z, trigonometry[v.bytes].sineSeries)));
  return v.op("sub", r, v.op("sub", v.op("sub", v.op("mul", z, bent), tail), v.op("mul", cube, v.constant(trigonometry[v.bytes].sineFirst))));
}

/** `cos(r + tail)` */
function cosineKernel(v: VectorCode, r: number, tail: number, z: number): number {
  const series = v.op("mul", v.op("mul", z, z), v.polynomial(z, trigonometry[v.bytes].cosineSeries));
  const half = v.op("mul", v.constant(0.5), z);
  const w = v.op("sub", v.constant(1), half);
  const error = v.op("sub", v.op("sub", v.constant(1), w), half);
  return v.op("add", w, v.op("add", error, v.op("sub", series, v.op("mul", r, tail))));
}

/** All bits set where the lowest bit of an integer is. */
const odd = (v: VectorCode, n: number): number => v.shift("shiftRight", v.shift("shiftLeft", n, 8 * v.bytes - 1), 8 * v.bytes - 1);
/** The second lowest bit as a sign. */
const sign = (v: VectorCode, n: number): number => v.op("and", v.shift("shiftLeft", n, 8 * v.bytes - 2), v.constant(-0));
const large = (v: VectorCode, x: number): number => v.op("gt", v.op("abs", x), v.constant(trigonometry[v.bytes].limit));

/** Accurate to 1 ulp; beyond the limit as the host has it. */
export function sine(v: VectorCode, x: number): number {
  const { sine: s, cosine: c, quadrant } = reduced(v, x);
  return v.except(large(v, x), v.op("xor", v.op("select", c, s, odd(v, quadrant)), sign(v, quadrant)));
}

/** Accurate to 1 ulp; beyond the limit as the host has it. */
export function cosine(v: VectorCode, x: number): number {
  const { sine: s, cosine: c, quadrant } = reduced(v, x);
  const next = v.op("intAdd", quadrant, v.constant(v.bytes === 8 ? 2 ** -1074 : 2 ** -149)); // cos x = sin(x + pi / 2)
  return v.except(large(v, x), v.op("xor", v.op("select", s, c, odd(v, quadrant)), sign(v, next)));
}

/** Accurate to 2 ulp; beyond the limit as the host has it. */
export function tangent(v: VectorCode, x: number): number {
  const { sine: s, cosine: c, quadrant } = reduced(v, x);
  const swapped = odd(v, quadrant);
  const ratio = v.op("div", v.op("select", c, s, swapped), v.op("select", s, c, swapped));
  return v.except(large(v, x), v.op("xor", ratio, v.op("and", swapped, v.constant(-0))));
}
