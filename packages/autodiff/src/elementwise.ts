import erfValue from "@stdlib/math-base-special-erf";
import { batchAll, broadcastTogether, reshapePrimitive, sumAxes } from "./broadcast.ts";
import { constant, constantValue, makeNode, sameShape, shapeError, type MaybeZero, type Primitive, type Tensor, type TensorLike } from "./tensor.ts";
import { compared } from "./unread-comparisons.ts";

/** A function applied entry by entry to arrays of one shape. */
export interface ElementwisePrimitive extends Primitive<ElementwiseAttrs> {
  readonly kind: "elementwise";
  /** The function of numbers. */
  scalar(attrs: ElementwiseAttrs): (...x: number[]) => number;
  /** JavaScript source of the function, if it is an expression of its own; else backends call the function. */
  source?(attrs: ElementwiseAttrs, ...x: readonly string[]): string;
  /** The same from `x` and `e = exp(-|x|)`, which functions of x and of -x share. */
  sourceByDecay?(x: string, e: string): string;
  /** Partial derivatives by each argument, for arguments `args` and result `out`. */
  partials(args: readonly Tensor[], out: Tensor): readonly MaybeZero[];
}

/** `pow` has a fixed exponent; the others have no attributes. */
export interface ElementwiseAttrs {
  readonly exponent?: number;
}

interface Definition {
  scalar(...x: number[]): number;
  source?(...x: readonly string[]): string;
  sourceByDecay?(x: string, e: string): string;
  partials(args: readonly Tensor[], out: Tensor): readonly MaybeZero[];
  simplify?(args: readonly Tensor[]): Tensor | null;
  sumOver?(node: Tensor, axes: readonly number[]): Tensor | null;
  readonly commutes?: boolean;
}

/** The value, when those of all arguments are known. */
export const fold = (primitive: ElementwisePrimitive, args: readonly Tensor[], attrs: ElementwiseAttrs): Tensor | null => {
  const values = args.map(constantValue);
  return values.includes(undefined) ? null : constant(primitive.scalar(attrs)(...(values as number[])), args[0].shape);
};

type Rules = Pick<Primitive<ElementwiseAttrs>, "shape" | "jvp" | "vjp" | "batch" | "evaluate">;

/** The rules that all elementwise operations share. */
export function rules(primitive: () => ElementwisePrimitive): Rules {
  return {
    shape: (args) => {
      if (args.some((x) => !sameShape(x.shape, args[0].shape))) throw shapeError(primitive().name, "the shapes must be equal", args);
      return args[0].shape;
    },
    jvp: (tangents, node) => {
      if (tangents.every((d) => d === null)) return null;
      const partials = primitive().partials(node.args, node);
      return tangents.reduce<MaybeZero>((total, d, i) => {
        const partial = partials[i];
        if (!d || !partial) return total;
        return total ? add(total, mul(partial, d)) : mul(partial, d);
      }, null);
    },
    vjp: (g, node) => primitive().partials(node.args, node).map((partial) => partial && mul(g, partial)),
    batch: (args, batched, size, attrs) => makeNode(primitive(), batchAll(args, batched, size), attrs),
    evaluate: (out, args, node) => {
      const f = primitive().scalar(node.attrs);
      const [a, b, c] = args;
      if (args.length === 1) for (let i = 0; i < out.length; i++) out[i] = f(a[i]);
      else if (args.length === 2) for (let i = 0; i < out.length; i++) out[i] = f(a[i], b[i]);
      else for (let i = 0; i < out.length; i++) out[i] = f(a[i], b[i], c[i]);
    },
  };
}

/** An elementwise operation without attributes. */
export function define(name: string, { scalar, source, sourceByDecay, partials, simplify, sumOver, commutes }: Definition): ElementwisePrimitive {
  const primitive: ElementwisePrimitive = {
    name,
    kind: "elementwise",
    ...rules(() => primitive),
    scalar: () => scalar,
    ...(source ? { source: (_attrs, ...x) => source(...x) } : {}),
    ...(sourceByDecay ? { sourceByDecay } : {}),
    partials,
    ...(sumOver ? { sumOver } : {}),
    ...(commutes ? { commutes } : {}),
    simplify: (args, attrs) => fold(primitive, args, attrs) ?? simplify?.(args) ?? null,
    key: () => "",
  };
  return primitive;
}

const isZero = (x: Tensor): boolean => constantValue(x) === 0;
const isOne = (x: Tensor): boolean => constantValue(x) === 1;
/** Ones in the shape of `x`. */
export const one = (x: Tensor): Tensor => constant(1, x.shape);
export const isElementwise = ({ primitive }: Tensor): boolean => (primitive as Partial<ElementwisePrimitive>).kind === "elementwise";
/** Whether `x` is the negative of another tensor. */
export const isNeg = (x: Tensor): boolean => x.primitive === elementwise.neg;

type Name =
  | "neg" | "add" | "sub" | "mul" | "multiplyAdd" | "div" | "maximum" | "minimum" | "greater" | "where" | "abs" | "sign" | "exp" | "expm1" | "log" | "log1p"
  | "sqrt" | "sin" | "cos" | "tan" | "tanh" | "sigmoid" | "softplus" | "erf" | "atan2";

/**
 * Every elementwise operation without attributes, by name. A new one is an entry here, a function below and an export of the
 * package. Where it is one instruction or two, `isArithmetic` lists it, where it costs no more than fetching its result, `split` does, and
 * where it has code in WebAssembly, `Expressions`: without, its function is called lane by lane.
 */
export const elementwise: Readonly<Record<Name, ElementwisePrimitive>> = {
  neg: define("neg", {
    scalar: (x) => -x,
    source: (x) => `(-${x})`,
    partials: ([x]) => [constant(-1, x.shape)],
    simplify: ([x]) => (x.primitive === elementwise.neg ? x.args[0] : null),
    sumOver: ({ args: [x] }, axes) => neg(sumAxes(x, axes)),
  }),
  add: define("add", {
    scalar: (x, y) => x + y,
    commutes: true,
    source: (x, y) => `(${x}+${y})`,
    partials: ([x]) => [one(x), one(x)],
    simplify: ([x, y]) => (isZero(x) ? y : isZero(y) ? x : isNeg(y) ? sub(x, y.args[0]) : isNeg(x) ? sub(y, x.args[0]) : null),
    sumOver: sumOfTerms,
  }),
  sub: define("sub", {
    scalar: (x, y) => x - y,
    source: (x, y) => `(${x}-${y})`,
    partials: ([x]) => [one(x), constant(-1, x.shape)],
    simplify: ([x, y]) => (isZero(y) ? x : isZero(x) ? neg(y) : isNeg(y) ? add(x, y.args[0]) : null),
    sumOver: sumOfDifference,
  }),
  mul: define("mul", {
    scalar: (x, y) => x * y,
    commutes: true,
    source: (x, y) => `(${x}*${y})`,
    partials: ([x, y]) => [y, x],
    simplify: ([x, y]) => {
      if (isOne(x)) return y;
      if (isOne(y)) return x;
      if (isZero(x) || isZero(y)) return constant(0, x.shape);
      if (constantValue(x) === -1) return neg(y);
      if (constantValue(y) === -1) return neg(x);
      // Signs move outwards, so that a product and its negative are one product.
      return isNeg(x) ? neg(mul(x.args[0], y)) : isNeg(y) ? neg(mul(x, y.args[0])) : null;
    },
  }),
  /** `x y + z`, without rounding in between where products are added so: what sums of products are made of. */
  multiplyAdd: define("multiplyAdd", {
    scalar: (x, y, z) => x * y + z,
    source: (x, y, z) => `(${x}*${y}+${z})`,
    partials: ([x, y]) => [y, x, one(x)],
    simplify: ([x, y, z]) => (isZero(z) ? mul(x, y) : isZero(x) || isZero(y) ? z : isOne(x) ? add(y, z) : isOne(y) ? add(x, z) : null),
  }),
  div: define("div", {
    scalar: (x, y) => x / y,
    source: (x, y) => `(${x}/${y})`,
    partials: ([, y], out) => [div(1, y), neg(div(out, y))],
    simplify: ([x, y]) => (isOne(y) ? x : isZero(x) ? constant(0, x.shape) : null),
  }),
  maximum: define("maximum", {
    scalar: Math.max,
    source: (x, y) => `Math.max(${x},${y})`,
    partials: ([x, y]) => [above(x, y), sub(1, above(x, y))],
  }),
  minimum: define("minimum", {
    scalar: Math.min,
    source: (x, y) => `Math.min(${x},${y})`,
    partials: ([x, y]) => [sub(1, above(x, y)), above(x, y)],
  }),
  greater: define("greater", { scalar: (x, y) => (x > y ? 1 : 0), source: (x, y) => `(${x}>${y}?1:0)`, partials: () => [null, null] }),
  where: define("where", {
    scalar: (c, x, y) => (c !== 0 ? x : y),
    source: (c, x, y) => `(${c}!==0?${x}:${y})`,
    partials: ([c, x]) => [null, where(c, one(x), 0), where(c, 0, one(x))],
    simplify: ([c, x, y]) => (constantValue(c) === undefined ? null : isZero(c) ? y : x),
  }),
  abs: define("abs", { scalar: Math.abs, source: (x) => `Math.abs(${x})`, partials: ([x]) => [sign(x)] }),
  sign: define("sign", { scalar: Math.sign, source: (x) => `Math.sign(${x})`, partials: () => [null] }),
  exp: define("exp", { scalar: Math.exp, source: (x) => `Math.exp(${x})`, partials: (_, y) => [y] }),
  expm1: define("expm1", { scalar: Math.expm1, source: (x) => `Math.expm1(${x})`, partials: ([x]) => [exp(x)] }),
  log: define("log", { scalar: Math.log, source: (x) => `Math.log(${x})`, partials: ([x]) => [div(1, x)] }),
  log1p: define("log1p", { scalar: Math.log1p, source: (x) => `Math.log1p(${x})`, partials: ([x]) => [div(1, add(1, x))] }),
  sqrt: define("sqrt", { scalar: Math.sqrt, source: (x) => `Math.sqrt(${x})`, partials: (_, y) => [div(0.5, y)] }),
  sin: define("sin", { scalar: Math.sin, source: (x) => `Math.sin(${x})`, partials: ([x]) => [cos(x)] }),
  cos: define("cos", { scalar: Math.cos, source: (x) => `Math.cos(${x})`, partials: ([x]) => [neg(sin(x))] }),
  tan: define("tan", { scalar: Math.tan, source: (x) => `Math.tan(${x})`, partials: (_, y) => [add(1, mul(y, y))] }),
  tanh: define("tanh", { scalar: Math.tanh, source: (x) => `Math.tanh(${x})`, partials: (_, y) => [sub(1, mul(y, y))] }),
  // 1 - s is sigmoid(-x) without cancellation: the tail of the derivative stays accurate.
  sigmoid: define("sigmoid", {
    scalar: (x) => {
      const e = Math.exp(-Math.abs(x));
      return (x >= 0 ? 1 : e) / (1 + e);
    },
    sourceByDecay: (x, e) => `((${x}>=0?1:${e})/(1+${e}))`,
    partials: ([x], y) => [mul(y, sigmoid(neg(x)))],
  }),
  softplus: define("softplus", {
    scalar: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    sourceByDecay: (x, e) => `(Math.max(${x},0)+Math.log1p(${e}))`,
    partials: ([x]) => [sigmoid(x)],
  }),
  erf: define("erf", { scalar: erfValue, partials: ([x]) => [mul(2 / Math.sqrt(Math.PI), exp(neg(mul(x, x))))] }),
  atan2: define("atan2", {
    scalar: Math.atan2,
    source: (y, x) => `Math.atan2(${y},${x})`,
    partials: ([y, x]) => {
      const r2 = add(mul(x, x), mul(y, y));
      return [div(x, r2), neg(div(y, r2))];
    },
  }),
};

/**
 * Sums over terms that need not be computed for it, such as products of a batch, are taken of each of these. The others are added up first, as they were written: they may be large and
 * cancel each other, which their sums, rounded, would no longer do.
 */
function sumOfTerms(node: Tensor, axes: readonly number[]): Tensor | null {
  const terms = termsOf(node)?.map((x) => ({ x, sum: sumInstead(x, axes) }));
  const rest = terms?.filter(({ sum }) => sum === null).map(({ x }) => x) ?? [];
  if (!terms || rest.length === terms.length) return null;
  const sums = terms.flatMap(({ sum }) => sum ?? []);
  return [...sums, ...(rest.length > 0 ? [sumAxes(rest.reduce((x, y) => add(x, y)), axes)] : [])].reduce((x, y) => add(x, y));
}

/** The same for a difference of matrices, such as gradients by weights for each entry of a batch, where neither side need be computed for its sum. */
function sumOfDifference({ args, shape }: Tensor, axes: readonly number[]): Tensor | null {
  if (shape.length - axes.length < 2) return null;
  const [x, y] = args.map((term) => sumInstead(term, axes));
  return x && y && sub(x, y);
}

/** The sum of a term that need not be computed for it, through signs and changes of shape. */
function sumInstead(x: Tensor, axes: readonly number[]): Tensor | null {
  if (x.primitive === elementwise.sub) return sumOfDifference(x, axes);
  const passes = x.primitive === elementwise.neg || x.primitive === reshapePrimitive;
  if (passes ? sumInstead(x.args[0], axes) === null : isElementwise(x)) return null;
  return x.primitive.sumOver?.(x, axes) ?? null;
}

/** The terms of nested sums, from left to right; null when sums are shared, which would repeat terms. */
function termsOf(node: Tensor): Tensor[] | null {
  const terms: Tensor[] = [];
  const sums = new Set<Tensor>();
  const pending = [node];
  for (let x = pending.pop(); x; x = pending.pop()) {
    if (x.primitive !== elementwise.add) terms.push(x);
    else if (sums.has(x)) return null;
    else {
      sums.add(x);
      pending.push(...x.args.toReversed());
    }
  }
  return terms;
}

const call = (primitive: ElementwisePrimitive, ...args: readonly TensorLike[]): Tensor => makeNode(primitive, broadcastTogether(primitive.name, args), {});

/** `-x`. */
export const neg = (x: TensorLike): Tensor => call(elementwise.neg, x);
/** `x + y`, broadcasting. */
export const add = (x: TensorLike, y: TensorLike): Tensor => call(elementwise.add, x, y);
/** `x - y`, broadcasting. */
export const sub = (x: TensorLike, y: TensorLike): Tensor => call(elementwise.sub, x, y);
/** `x y` entry by entry, broadcasting. A factor that is 0 when it is traced makes it 0, whatever the other one: also where that is no number. */
export const mul = (x: TensorLike, y: TensorLike): Tensor => call(elementwise.mul, x, y);
/** `x / y`, broadcasting. An `x` that is 0 when it is traced makes it 0, whatever `y`. */
export const div = (x: TensorLike, y: TensorLike): Tensor => call(elementwise.div, x, y);
/** The larger entry; the derivative goes to the second argument where they are equal. */
export const maximum = (x: TensorLike, y: TensorLike): Tensor => call(elementwise.maximum, x, y);
/** The smaller entry; the derivative goes to the first argument where they are equal. */
export const minimum = (x: TensorLike, y: TensorLike): Tensor => call(elementwise.minimum, x, y);
/** {@link greater} for operations of this package: their derivatives may leave one unread. */
const above = (x: TensorLike, y: TensorLike): Tensor => call(elementwise.greater, x, y);
/** 1 where `x > y`, else 0; has no derivative. Some operation must read it: `if (greater(x, y))`, which would always hold, throws `INVALID_TRACE`. */
export const greater = (x: TensorLike, y: TensorLike): Tensor => compared(above(x, y));
/**
 * `x` where `condition` is not 0, else `y`. The entry not taken still enters derivatives as `0 * d`, so keep it finite (or use `cond`, mapped).
 * Takes the place of JavaScript's `if`, `!`, `&&` and `===`, which cannot see the values of traced arrays and take one way for all of them.
 */
export const where = (condition: TensorLike, x: TensorLike, y: TensorLike): Tensor => call(elementwise.where, condition, x, y);
/** `|x|`; derivative 0 at 0. */
export const abs = (x: TensorLike): Tensor => call(elementwise.abs, x);
/** -1, 0 or 1; has no derivative. */
export const sign = (x: TensorLike): Tensor => call(elementwise.sign, x);
/** `e^x`. */
export const exp = (x: TensorLike): Tensor => call(elementwise.exp, x);
/** `e^x - 1`, accurate near 0. */
export const expm1 = (x: TensorLike): Tensor => call(elementwise.expm1, x);
/** Natural logarithm. */
export const log = (x: TensorLike): Tensor => call(elementwise.log, x);
/** `log(1 + x)`, accurate near 0. */
export const log1p = (x: TensorLike): Tensor => call(elementwise.log1p, x);
/** Square root. */
export const sqrt = (x: TensorLike): Tensor => call(elementwise.sqrt, x);
/** Sine of radians. */
export const sin = (x: TensorLike): Tensor => call(elementwise.sin, x);
/** Cosine of radians. */
export const cos = (x: TensorLike): Tensor => call(elementwise.cos, x);
/** Tangent of radians. */
export const tan = (x: TensorLike): Tensor => call(elementwise.tan, x);
/** Hyperbolic tangent. */
export const tanh = (x: TensorLike): Tensor => call(elementwise.tanh, x);
/** `1 / (1 + e^-x)` without overflow. */
export const sigmoid = (x: TensorLike): Tensor => call(elementwise.sigmoid, x);
/** `log(1 + e^x)` without overflow. */
export const softplus = (x: TensorLike): Tensor => call(elementwise.softplus, x);
/** Error function. */
export const erf = (x: TensorLike): Tensor => call(elementwise.erf, x);
/** Angle of the point `(x, y)`, in `(-pi, pi]`. */
export const atan2 = (y: TensorLike, x: TensorLike): Tensor => call(elementwise.atan2, y, x);

/** Gaussian error linear unit, `x Phi(x)`. @source Hendrycks and Gimpel 2016, arXiv 1606.08415 */
export const gelu = (x: TensorLike): Tensor => mul(mul(x, 0.5), add(1, erf(mul(x, Math.SQRT1_2))));
