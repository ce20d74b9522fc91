import type { VectorCode } from "./expressions.ts";

/**
 * `e^x - 1`, accurate to 1 ulp: `(2^k - 1) + 2^k r`, added with its rounding error, and smaller terms. Far from 0 it is `e^x`
 * or -1. Instructions that `e^x` has, too, are shared with it.
 */
export function exponentialMinusOne(v: VectorCode, x: number): number {
  const { magic, bias, ln2High, ln2Low, largest, smallest, mantissaBits } = v.numbers;
  const inside = v.op("greater", v.op("lesser", x, v.constant(largest)), v.constant(smallest));
  const biased = v.multiplyAdd(inside, v.constant(Math.LOG2E), v.constant(magic + bias));
  const k = v.op("sub", biased, v.constant(magic + bias));
  const high = v.multiplyAdd(k, v.constant(-ln2High), inside);
  const r = v.multiplyAdd(k, v.constant(-ln2Low), high);
  const lost = v.multiplyAdd(k, v.constant(-ln2Low), v.op("sub", high, r));
  const rest = v.op("add", v.remainder(r), v.op("add", lost, v.op("mul", lost, r)));
  const scale = v.shift("shiftLeft", biased, mantissaBits);
  const [one, two] = [v.op("sub", scale, v.constant(1)), v.op("mul", scale, r)];
  const sum = v.op("add", one, two);
  const part = v.op("sub", sum, one);
  const error = v.op("add", v.op("sub", one, v.op("sub", sum, part)), v.op("sub", two, part));
  const near = v.op("add", sum, v.op("add", error, v.op("mul", scale, rest)));
  const magnitude = v.op("abs", v.op("select", near, v.constant(1), v.op("gt", x, v.constant(-40))));
  const signed = v.op("or", magnitude, v.op("and", x, v.constant(-0)));
  // NaN is its own exponential.
  return v.op("select", signed, v.exp(x), v.op("lt", x, v.constant(40)));
}
