/** With j = 0 to 63: `1 / c` at j and `log c` at 64 + j for the middle `c = 1 + (j + 1/2) / 64` of an interval, `2^(j / 64)` at 128 + j; `2^k` at 256 + k, |k| <= 64. */
const table = new Float64Array(321);
for (let j = 0; j < 64; j++) {
  const middle = 1 + (j + 0.5) / 64;
  table[j] = 1 / middle;
  table[64 + j] = Math.log(middle);
  table[128 + j] = 2 ** (j / 64);
}
for (let k = -64; k <= 64; k++) table[256 + k] = 2 ** k;

/** A number, and its halves. */
const number = new Float64Array(1);
const halves = new Uint32Array(number.buffer);
number[0] = 1;
const high = halves[1] === 0 ? 0 : 1;

/**
 * The natural logarithm to about 1e-15. A step-size controller takes one logarithm and one exponential per step, which the next step
 * waits for: those of the host would be a fifth of the time of a small system, these take half of that.
 */
export function fastLog(x: number): number {
  if (!(x > 1e-19 && x < 1e19)) return Math.log(x);
  number[0] = x;
  const bits = halves[high];
  const exponent = (bits >>> 20) - 1023;
  const j = (bits >>> 14) & 63;
  // x = 2^exponent c (1 + r) with |r| <= 1/128.
  const r = x * (table[256 - exponent] * table[j]) - 1;
  const r2 = r * r;
  return exponent * Math.LN2 + table[64 + j] + (r - 0.5 * r2 + r2 * r * (1 / 3 - 0.25 * r + r2 * (0.2 - (1 / 6) * r)));
}

/** `e^x` to a few units in the last place for small `x`: see {@link fastLog}. */
export function fastExp(x: number): number {
  if (!(x > -40 && x < 40)) return Math.exp(x);
  // x = i log(2) / 64 + r with |r| < 0.0109.
  const i = (x * (64 / Math.LN2)) | 0;
  const r = x - i * (Math.LN2 / 64);
  const r2 = r * r;
  return table[256 + (i >> 6)] * table[128 + (i & 63)] * (1 + (r + r2 * (0.5 + (1 / 6) * r + r2 * (1 / 24 + (1 / 120) * r + (1 / 720) * r2))));
}
