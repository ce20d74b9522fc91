import { broadcastTogether } from "./broadcast.ts";
import { define, div, fold, log, mul, one, rules, sub, where, type ElementwisePrimitive } from "./elementwise.ts";
import { fixedPower, isPowerByProducts, type PowerArithmetic } from "./fixed-power.ts";
import { asTensor, constantValue, makeNode, type Tensor, type TensorLike } from "./tensor.ts";

const onNumbers: PowerArithmetic<number> = { mul: (x, y) => x * y, sqrt: (x) => Math.sqrt(x) + 0, inverse: (x) => 1 / x };
const onSource: PowerArithmetic<string> = { mul: (x, y) => `(${x}*${y})`, sqrt: (x) => `(Math.sqrt(${x})+0)`, inverse: (x) => `(1/${x})` };

/** `x` to a fixed power. Kept apart as it has an attribute. */
const powPrimitive: ElementwisePrimitive = {
  name: "pow",
  kind: "elementwise",
  ...rules(() => powPrimitive),
  scalar: ({ exponent = 1 }) => (isPowerByProducts(exponent) ? (x) => fixedPower(exponent, x, onNumbers)! : (x) => x ** exponent),
  source: ({ exponent = 1 }, x) => fixedPower(exponent, x, onSource) ?? `(${x}**${exponent < 0 ? `(${exponent})` : exponent})`,
  key: ({ exponent }) => String(exponent),
  partials: ([x], out) => [mul(out.attrs.exponent as number, pow(x, out.attrs.exponent - 1))],
  simplify: (args, attrs) => fold(powPrimitive, args, attrs),
};

/** `x ** y`, where the exponent is no fixed number either. By y its slope is 0 at x = 0, where the logarithm has none. */
const powerPrimitive: ElementwisePrimitive = define("power", {
  scalar: (x, y) => x ** y,
  source: (x, y) => `Math.pow(${x},${y})`,
  partials: ([x, y], out) => [mul(y, pow(where(y, x, 1), sub(y, 1))), mul(out, log(where(x, x, 1)))],
});

/**
 * `x ** exponent`. A fixed number is cheaper than a traced array: multiples of 1/2 up to 4 in size are products, square roots and quotients. Negative `x`
 * has values where the exponent is whole, and no slope by it.
 */
export function pow(x: TensorLike, exponent: TensorLike): Tensor {
  const fixed = typeof exponent === "number" ? exponent : constantValue(asTensor(exponent));
  if (fixed !== undefined && (typeof exponent === "number" || asTensor(exponent).shape.length === 0)) return fixedPow(x, fixed);
  return makeNode(powerPrimitive, broadcastTogether("pow", [x, exponent]), {});
}

function fixedPow(x: TensorLike, exponent: number): Tensor {
  const [base] = broadcastTogether("pow", [x]);
  if (exponent === 0) return one(base);
  if (exponent === 1) return base;
  if (exponent === 2) return mul(base, base);
  if (exponent === -1) return div(1, base);
  return makeNode(powPrimitive, [base], { exponent });
}
