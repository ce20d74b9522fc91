import type { VectorCode } from "./expressions.ts";

/** `x = 2^k m` with m between sqrt(1 / 2) and sqrt(2), for positive normal x. */
function split(v: VectorCode, x: number): { k: number; mantissa: number } {
  const { magic, mantissaBits } = v.numbers;
  const k = v.shift("shiftRight", v.op("intSub", x, v.constant(Math.SQRT1_2)), mantissaBits);
  // The integers around that number are the numbers with these low bits.
  return { k: v.op("sub", v.op("intAdd", k, v.constant(magic)), v.constant(magic)), mantissa: v.op("intSub", x, v.shift("shiftLeft", k, mantissaBits)) };
}

/** `log(1 + f) = f - (square - bent)`, for f between sqrt(1 / 2) - 1 and sqrt(2) - 1. */
function near(v: VectorCode, f: number): { square: number; bent: number } {
  const s = v.op("div", f, v.op("add", f, v.constant(2)));
  const z = v.op("mul", s, s);
  const square = v.op("mul", v.op("mul", v.constant(0.5), f), f);
  return { square, bent: v.op("mul", s, v.op("add", square, v.op("mul", z, v.polynomial(z, v.numbers.log1pSeries)))) };
}

/** `k ln 2 + log(1 + f) + correction` */
function joined(v: VectorCode, k: number, f: number, { square, bent }: { square: number; bent: number }, correction: number | null): number {
  const low = v.op("mul", k, v.constant(v.numbers.ln2Low));
  const small = v.op("add", bent, correction === null ? low : v.op("add", low, correction));
  return v.op("sub", v.op("mul", k, v.constant(v.numbers.ln2High)), v.op("sub", v.op("sub", square, small), f));
}

/** The limits of `log x`: -Infinity at 0, NaN below, and what is not finite is its own logarithm. `result` is that of `x`, or of `1 + y`. */
function withLimits(v: VectorCode, result: number, x: number, argument: number): number {
  const outside = v.op("select", v.constant(NaN), v.constant(-Infinity), v.op("lt", x, v.constant(0)));
  const limited = v.op("select", result, outside, v.op("gt", x, v.constant(0)));
  return v.op("select", limited, argument, v.op("lt", argument, v.constant(Infinity)));
}

/** Accurate to 1 ulp. */
export function logarithm(v: VectorCode, x: number): number {
  const subnormal = v.op("lt", x, v.constant(v.numbers.smallestNormal));
  const raised = v.numbers.mantissaBits + 2;
  const { k, mantissa } = split(v, v.op("select", v.op("mul", x, v.constant(2 ** raised)), x, subnormal));
  const f = v.op("sub", mantissa, v.constant(1));
  return withLimits(v, joined(v, v.op("sub", k, v.op("and", subnormal, v.constant(raised))), f, near(v, f), null), x, x);
}

/** `log(1 + x)`, accurate to 1 ulp. */
export function logarithmOfNext(v: VectorCode, x: number): number {
  const u = v.op("add", v.constant(1), x);
  // What is lost in u, relative to it.
  const lost = v.op("select", v.op("sub", v.constant(1), v.op("sub", u, x)), v.op("sub", x, v.op("sub", u, v.constant(1))), v.op("gt", x, v.constant(1)));
  const { k, mantissa } = split(v, u);
  const whole = v.op("ne", k, v.constant(0));
  const f = v.op("select", v.op("sub", mantissa, v.constant(1)), x, whole);
  const parts = near(v, f);
  const far = joined(v, k, f, parts, v.op("div", lost, u));
  return withLimits(v, v.op("select", far, v.op("sub", f, v.op("sub", parts.square, parts.bent)), whole), u, x);
}
