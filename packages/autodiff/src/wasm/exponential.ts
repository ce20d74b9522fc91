/** What the vector code of exponentials and logarithms needs to know of the numbers. */
export interface Exponential {
  /** 1.5 times 2 to the number of mantissa bits: adding it rounds to an integer in the low bits. */
  readonly magic: number;
  /** The leading bits of ln 2, so that products with small integers are exact, and the rest. */
  readonly ln2High: number;
  readonly ln2Low: number;
  /** `(r coth(r / 2) - 2) / r^2` in terms of `r^2`, for `|r| <= ln 2 / 2`. @source Sun Microsystems 1993, fdlibm e_exp.c (the polynomial); FreeBSD e_expf.c */
  readonly cothSeries: readonly number[];
  readonly mantissaBits: number;
  /** The exponent's bias. */
  readonly bias: number;
  /** Beyond these, `e^x` is Infinity or 0. */
  readonly largest: number;
  readonly smallest: number;
  readonly smallestNormal: number;
  /** `log(1 + f)` in terms of `z = (f / (2 + f))^2`. @source Sun Microsystems 1993, fdlibm e_log.c and e_logf.c (the polynomials) */
  readonly log1pSeries: readonly number[];
  /** `2 (artanh(s) / s - 1) / s^2` in terms of `s^2`, for `|s| <= 1 / 3`: the polynomial through its values at the Chebyshev points, good to a hundredth of a rounding error. */
  readonly artanhSeries: readonly number[];
}

/** By the bytes of a number. */
export const exponential: Readonly<Record<4 | 8, Exponential>> = {
  8: {
    magic: 6755399441055744,
    ln2High: 6.9314718036912381649e-1,
    ln2Low: 1.90821492927058770002e-10,
    cothSeries: [1.66666666666666019037e-1, -2.77777777770155933842e-3, 6.61375632143793436117e-5, -1.65339022054652515390e-6, 4.13813679705723846039e-8],
    mantissaBits: 52,
    bias: 1023,
    largest: 710,
    smallest: -746,
    smallestNormal: 2 ** -1022,
    log1pSeries: [6.666666666666735130e-1, 3.999999999940941908e-1, 2.857142874366239149e-1, 2.222219843214978396e-1, 1.818357216161805012e-1, 1.531383769920937332e-1, 1.479819860511658591e-1],
    artanhSeries: [
      0.6666666666666666, 0.40000000000014585, 0.2857142856710876, 0.22222222717427864, 0.18181789436132859,
      0.15385570064958623, 0.13314144209654935, 0.12001072809590713, 0.08800738486144674, 0.1616404561194353,
    ],
  },
  4: {
    magic: 12582912,
    ln2High: 6.93359375e-1,
    ln2Low: -2.1219444e-4,
    cothSeries: [1.6666625440e-1, -2.7667332906e-3],
    mantissaBits: 23,
    bias: 127,
    largest: 89,
    smallest: -104,
    smallestNormal: 2 ** -126,
    log1pSeries: [0.66666662693, 0.40000972152, 0.28498786688, 0.24279078841],
    artanhSeries: [0.6666666732052742, 0.3999970633192972, 0.28592357994302836, 0.21706575800880373, 0.2322432922402335],
  },
};
