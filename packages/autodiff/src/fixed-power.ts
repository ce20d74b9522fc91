/** What powers are computed with: numbers, source text or code. */
export interface PowerArithmetic<T> {
  mul(x: T, y: T): T;
  /** The square root, 0 for -0. */
  sqrt(x: T): T;
  inverse(x: T): T;
}

/**
 * `x ** exponent` by products, a square root and a division, for exponents that are multiples of 1/2 up to 4 in size: accurate to
 * 3 ulp, and several times as fast as the power function. `undefined` for others. Not for 0.
 */
export function fixedPower<T>(exponent: number, x: T, { mul, sqrt, inverse }: PowerArithmetic<T>): T | undefined {
  const size = Math.abs(exponent);
  if (!isPowerByProducts(exponent)) return undefined;
  const factors: T[] = [];
  const square = size >= 2 ? mul(x, x) : x;
  if (size >= 4) factors.push(mul(square, square));
  else if (size >= 2) factors.push(square);
  if (Math.floor(size) % 2 === 1) factors.push(x);
  if (!Number.isInteger(size)) factors.push(sqrt(x));
  const power = factors.reduce(mul);
  return exponent < 0 ? inverse(power) : power;
}

/** Whether {@link fixedPower} knows it. */
export const isPowerByProducts = (exponent: number): boolean => exponent !== 0 && Math.abs(exponent) <= 4 && Number.isInteger(2 * exponent);
