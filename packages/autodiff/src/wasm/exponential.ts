/** What the vector code of exponentials and logarithms needs to know of the numbers. */
export interface Exponential {
  /** 1.5 times 2 to the number of mantissa bits: adding it rounds to an integer in the low bits. */
  readonly magic: number;
  /** The leading bits of ln 2, so that products with small integers are exact, and the rest. */
  readonly ln2High: number;
  readonly ln2Low: number;
  /** `(e^r - 1 - r) / r^2` as a polynomial of r, good to rounding for `|r| <= ln 2 / 2`. */
  readonly taylor: readonly number[];
  readonly mantissaBits: number;
  /** The exponent's bias, and the number with these bits. */
  readonly bias: number;
  readonly biasBits: number;
  /** Beyond these, `e^x` is Infinity or 0. */
  readonly largest: number;
  readonly smallest: number;
  readonly smallestNormal: number;
  /** `log(1 + f)` in terms of `z = (f / (2 + f))^2`. @source Sun Microsystems 1993, fdlibm e_log.c and e_logf.c (the polynomials) */
  readonly log1pSeries: readonly number[];
}

/** `1 / n!` from 2 up to `last`. */
const inverseFactorials = (last: number): number[] => {
  let factorial = 1;
  return Array.from({ length: last - 1 }, (_, i) => 1 / (factorial *= i + 2));
};

/** By the bytes of a number. */
export const exponential: Readonly<Record<4 | 8, Exponential>> = {
  8: {
    magic: 6755399441055744,
    ln2High: 6.9314718036912381649e-1,
    ln2Low: 1.90821492927058770002e-10,
    taylor: inverseFactorials(13), // the rest is below 5e-18
    mantissaBits: 52,
    bias: 1023,
    biasBits: 1023 * Number.MIN_VALUE,
    largest: 710,
    smallest: -746,
    smallestNormal: 2 ** -1022,
    log1pSeries: [6.666666666666735130e-1, 3.999999999940941908e-1, 2.857142874366239149e-1, 2.222219843214978396e-1, 1.818357216161805012e-1, 1.531383769920937332e-1, 1.479819860511658591e-1],
  },
  4: {
    magic: 12582912,
    ln2High: 6.93359375e-1,
    ln2Low: -2.1219444e-4,
    taylor: inverseFactorials(7), // the rest is below 6e-9
    mantissaBits: 23,
    bias: 127,
    biasBits: 127 * 2 ** -149,
    largest: 89,
    smallest: -104,
    smallestNormal: 2 ** -126,
    log1pSeries: [0.66666662693, 0.40000972152, 0.28498786688, 0.24279078841],
  },
};
