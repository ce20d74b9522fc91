import type { VectorCode } from "./expressions.ts";

interface ArcTangent {
  /** Sizes between these: their products and sums are normal numbers. */
  readonly range: readonly [number, number];
  /** `pi / 2`, `atan(1 / 2)` and `atan 1`, each with what is left of it. */
  readonly quarter: readonly [number, number];
  readonly half: readonly [number, number];
  readonly eighth: readonly [number, number];
  /** `atan r = r - r^3 series(r^2)` for `|r| < 7 / 16` */
  readonly series: readonly number[];
}

/** By the bytes of a number. */
const arcTangents: Readonly<Record<4 | 8, ArcTangent>> = {
  /** @source Sun Microsystems 1993, fdlibm s_atan.c */
  8: {
    range: [1e-290, 1e300],
    quarter: [1.570796326794896558, 6.12323399573676603587e-17],
    half: [4.63647609000806093515e-1, 2.26987774529616870924e-17],
    eighth: [7.85398163397448278999e-1, 3.06161699786838301793e-17],
    series: [
      3.33333333333329318027e-1, -1.99999999998764832476e-1, 1.42857142725034663711e-1, -1.1111110405462355788e-1, 9.09088713343650656196e-2, -7.69187620504482999495e-2,
      6.66107313738753120669e-2, -5.83357013379057348645e-2, 4.97687799461593236017e-2, -3.6531572744216915527e-2, 1.62858201153657823623e-2,
    ],
  },
  /** @source Sun Microsystems 1993, fdlibm, in single precision by Taylor 1993, s_atanf.c */
  4: {
    range: [1e-30, 1e37],
    quarter: [1.5707963705062866, -4.371138828673793e-8],
    half: [4.636476039886475e-1, 5.01215820e-9],
    eighth: [7.853981852531433e-1, -2.1855694143368964e-8],
    series: [3.3333328366e-1, -1.9999158382e-1, 1.4253635705e-1, -1.0648017377e-1, 6.1687607318e-2],
  },
};

/**
 * The angle of the point `(x, y)`, accurate to 1.5 ulp; next to the ends of the range of numbers, and for zeros, as the host has it.
 *
 * With `q = min / max` of the sizes, `atan q = atan c + atan r` for the c of 0, 1/2 and 1 next to q and `r = (q - c) / (1 + c q)`.
 */
export function arcTangent(v: VectorCode, y: number, x: number): number {
  const { range, quarter, half, eighth, series } = arcTangents[v.bytes];
  const k = (value: number): number => v.constant(value);
  const choose = (mask: number, yes: readonly [number, number], no: readonly number[]): [number, number] => [v.op("select", k(yes[0]), no[0], mask), v.op("select", k(yes[1]), no[1], mask)];
  const [height, width] = [v.op("abs", y), v.op("abs", x)];
  const steep = v.op("gt", height, width);
  const [low, high] = [v.op("select", width, height, steep), v.op("select", height, width, steep)];

  const beyondFirst = v.op("gt", low, v.op("mul", high, k(7 / 16)));
  const beyondSecond = v.op("gt", low, v.op("mul", high, k(11 / 16)));
  const c = v.op("select", k(1), v.op("and", beyondFirst, k(0.5)), beyondSecond);
  const r = v.op("div", v.op("sub", low, v.op("mul", c, high)), v.op("add", high, v.op("mul", c, low)));
  const square = v.op("mul", r, r);
  const bent = v.op("mul", r, v.op("mul", square, v.polynomial(square, series)));

  // The angle is `sign atan q` from 0, a quarter or a half of a turn.
  const left = v.op("lt", x, k(0));
  const minus = v.op("and", v.op("xor", steep, left), k(-0));
  const signed = (value: number): number => v.op("xor", value, minus);
  const [near, nearRest] = choose(beyondSecond, eighth, [v.op("and", beyondFirst, k(half[0])), v.op("and", beyondFirst, k(half[1]))]);
  const [from, fromRest] = choose(steep, quarter, [v.op("and", left, k(2 * quarter[0])), v.op("and", left, k(2 * quarter[1]))]);
  const base = v.op("add", from, signed(near));
  // Exact, as `from` is 0 or the larger one.
  const lost = v.op("sub", signed(near), v.op("sub", base, from));
  const rest = v.op("add", lost, v.op("add", fromRest, signed(nearRest)));
  const angle = v.op("add", base, v.op("add", signed(r), v.op("sub", rest, signed(bent))));
  const usual = v.op("and", v.op("gt", high, k(range[0])), v.op("lt", high, k(range[1])));
  return v.except(v.op("xor", usual, v.op("ge", k(0), k(0))), v.op("or", angle, v.op("and", y, k(-0))));
}
