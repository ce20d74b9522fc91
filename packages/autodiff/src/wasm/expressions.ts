import type { ElementwisePrimitive } from "../elementwise.ts";
import type { Tensor } from "../tensor.ts";
import type { ConstantPool } from "./constant-pool.ts";
import { errorFunction } from "./error-function.ts";
import { exponential, type Exponential } from "./exponential.ts";
import { unsigned, type FunctionBuilder } from "./function-builder.ts";
import { logarithm, logarithmOfNext } from "./logarithm.ts";
import type { Import } from "./module.ts";
import { f32, f64, op, scalar, simd, type VectorOp } from "./opcodes.ts";
import { cosine, sine, tangent } from "./trigonometry.ts";

/** JavaScript functions that generated code calls. */
export class Imports {
  readonly list: Import[] = [];
  readonly functions: Record<string, (...x: number[]) => unknown> = {};

  /** The index of a function in the module; the same name is imported once. */
  index(name: string, arity: number, f: (...x: number[]) => unknown): number {
    if (!Object.hasOwn(this.functions, name)) {
      this.functions[name] = f;
      this.list.push({ name, arity });
    }
    return this.list.findIndex((x) => x.name === name);
  }
}

/** Vector operations, those on bits included. */
type AnyOp = VectorOp | "and" | "or" | "xor" | "select";

/** What vector code of functions is written with; all numbers are vector locals. */
export interface VectorCode {
  op(name: AnyOp, ...args: readonly number[]): number;
  shift(name: "shiftLeft" | "shiftRight", x: number, count: number): number;
  constant(value: number): number;
  polynomial(x: number, coefficients: readonly number[]): number;
  exp(x: number): number;
  /** `fast`, but in the lanes of `mask` what the host's own function gives. */
  except(mask: number, fast: number): number;
}

/** Functions with vector code for float64. */
const functions: Readonly<Record<string, (v: VectorCode, x: number) => number>> = {
  erf: errorFunction, log: logarithm, log1p: logarithmOfNext, sin: sine, cos: cosine, tan: tangent,
};

/**
 * Vector code of elementwise operations: a vector of numbers at a time, with the same result for a number in any lane. Equal
 * subexpressions are computed once. `lanes` says how many lanes hold entries, for operations that call JavaScript.
 */
export class Expressions {
  readonly #f: FunctionBuilder;
  readonly #pool: ConstantPool;
  readonly #imports: Imports;
  readonly #known = new Map<string, number>();
  /** What a local is the negative of. */
  readonly #negated = new Map<number, number>();
  readonly #numbers: Exponential;
  readonly lanes: number;

  constructor(f: FunctionBuilder, pool: ConstantPool, imports: Imports, lanes: number) {
    this.#f = f;
    this.#numbers = exponential[f.format.bytes];
    this.#pool = pool;
    this.#imports = imports;
    this.lanes = lanes;
  }

  /** The vector local with the value of `node` for vector locals `args`. */
  node(node: Tensor, args: readonly number[]): number {
    const [x, y, z] = args;
    switch (node.primitive.name) {
      case "neg":
      case "abs":
      case "sqrt":
        return this.#op(node.primitive.name, x);
      case "add":
      case "sub":
      case "mul":
      case "div":
      case "min":
      case "max":
        return this.#op(node.primitive.name, x, y);
      case "greater":
        return this.#op("and", this.#op("gt", x, y), this.constant(1));
      case "where":
        return this.#op("select", y, z, this.#op("ne", x, this.constant(0)));
      case "sign":
        return this.#op("select", this.constant(1), this.#op("select", this.constant(-1), x, this.#op("lt", x, this.constant(0))), this.#op("gt", x, this.constant(0)));
      case "exp":
        return this.#exp(x);
      case "sigmoid":
        return this.#sigmoid(x);
      case "softplus":
        return this.#op("add", this.#op("max", x, this.constant(0)), this.#log1p(this.#expOfMinusAbs(x)));
      case "tanh":
        return this.#tanh(x);
      case "expm1":
        return this.#expm1(x);
      case "pow":
        return [3, 4].includes(node.attrs.exponent as number) ? this.#product(x, node.attrs.exponent as number) : this.#call(node, args);
      default: {
        const f = this.#f.format.bytes === 8 ? functions[node.primitive.name] : undefined;
        return f ? f(this.#code(node, args), x) : this.#call(node, args);
      }
    }
  }

  #code(node: Tensor, args: readonly number[]): VectorCode {
    return {
      op: (name, ...operands) => this.#op(name, ...operands),
      shift: (name, x, count) => this.#shift(name, x, count),
      constant: (value) => this.constant(value),
      polynomial: (x, coefficients) => this.#polynomial(x, coefficients),
      exp: (x) => this.#exp(x),
      except: (mask, fast) => this.#except(mask, fast, node, args),
    };
  }

  /** `fast`, but what JavaScript gives for `node` in the lanes of `mask`; it is called only if there are any. */
  #except(mask: number, fast: number, node: Tensor, args: readonly number[]): number {
    const f = this.#f;
    const result = f.vector(() => f.get(fast));
    f.get(mask);
    f.simd(simd.anyTrue);
    f.emit(op.if, 0x40);
    this.#pushCall(node, args);
    f.get(fast);
    f.get(mask);
    f.simd(simd.select);
    f.set(result);
    f.emit(op.end);
    return result;
  }

  /** A vector with `value` in all lanes. */
  constant(value: number): number {
    return this.#memo(`k${Object.is(value, -0) ? "-0" : value}`, () => this.#pool.push(this.#f, value));
  }

  #memo(key: string, push: () => void): number {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const local = this.#f.vector(push);
    this.#known.set(key, local);
    return local;
  }

  #op(name: AnyOp, ...args: readonly number[]): number {
    // |-x| is |x|: sigmoid(x) and sigmoid(-x) share their exponential.
    const operands = name === "abs" ? args.map((x) => this.#negated.get(x) ?? x) : args;
    const local = this.#memo(`${name} ${operands.join(" ")}`, () => {
      for (const x of operands) this.#f.get(x);
      if (name === "and" || name === "or" || name === "xor" || name === "select") this.#f.simd(simd[name]);
      else this.#f.vectorOp(name);
    });
    if (name === "neg") this.#negated.set(local, args[0]);
    return local;
  }

  #shift(name: "shiftLeft" | "shiftRight", x: number, count: number): number {
    return this.#memo(`${name} ${x} ${count}`, () => {
      this.#f.get(x);
      this.#f.constant(count);
      this.#f.vectorOp(name);
    });
  }

  #times(x: number, value: number): number {
    return this.#op("mul", x, this.constant(value));
  }

  /** `x y + z`, in one instruction where the format has it. */
  #multiplyAdd(x: number, y: number, z: number): number {
    return this.#f.format.fused ? this.#op("multiplyAdd", x, y, z) : this.#op("add", z, this.#op("mul", x, y));
  }

  /** `c0 + c1 x + c2 x^2 + ...`, halves in parallel. @source Estrin 1960 */
  #polynomial(x: number, coefficients: readonly number[]): number {
    let terms = coefficients.map((c) => this.constant(c));
    for (let power = x; terms.length > 1; power = this.#op("mul", power, power)) {
      const pairs: number[] = [];
      for (let i = 0; i < terms.length; i += 2) pairs.push(i + 1 < terms.length ? this.#multiplyAdd(terms[i + 1], power, terms[i]) : terms[i]);
      terms = pairs;
    }
    return terms[0];
  }

  /** `x = k ln 2 + r` with `|r| <= ln 2 / 2` and an integer k, and `e^r - 1` as `square * tail + r`. */
  #reduced(x: number): { k: number; whole: number; high: number; r: number; square: number; tail: number } {
    const { magic, ln2High, ln2Low, taylor } = this.#numbers;
    const shifted = this.#multiplyAdd(x, this.constant(Math.LOG2E), this.constant(magic));
    const whole = this.#op("sub", shifted, this.constant(magic));
    const high = this.#multiplyAdd(whole, this.constant(-ln2High), x);
    const r = this.#multiplyAdd(whole, this.constant(-ln2Low), high);
    return { k: this.#op("intSub", shifted, this.constant(magic)), whole, high, r, square: this.#op("mul", r, r), tail: this.#polynomial(r, taylor) };
  }

  /** `2^k` for an integer k of a normal number. */
  #power(k: number): number {
    const { exponentBias, mantissaBits } = this.#numbers;
    return this.#shift("shiftLeft", this.#op("intAdd", k, this.constant(exponentBias)), mantissaBits);
  }

  /** Beyond these limits `e^x` is Infinity or 0. */
  #inside(x: number): number {
    return this.#op("max", this.#op("min", x, this.constant(this.#numbers.largest)), this.constant(this.#numbers.smallest));
  }

  /** Accurate to about 1 ulp on the whole range; overflows to Infinity and underflows through subnormals to 0. */
  #exp(x: number): number {
    const { k, r, square, tail } = this.#reduced(this.#inside(x));
    const half = this.#shift("shiftRight", k, 1);
    const scaled = this.#op("mul", this.#op("add", this.constant(1), this.#multiplyAdd(square, tail, r)), this.#power(half));
    return this.#op("mul", scaled, this.#power(this.#op("intSub", k, half)));
  }

  /** In (0, 1], for sigmoid and softplus, which share it. */
  #expOfMinusAbs(x: number): number {
    return this.#exp(this.#op("neg", this.#op("abs", x)));
  }

  #sigmoid(x: number): number {
    const e = this.#expOfMinusAbs(x);
    const inverse = this.#op("div", this.constant(1), this.#op("add", this.constant(1), e));
    return this.#op("select", inverse, this.#op("mul", e, inverse), this.#op("ge", x, this.constant(0)));
  }

  /** `log(1 + e)` for `0 <= e <= 1`. */
  #log1p(e: number): number {
    const upper = this.#op("gt", e, this.constant(0.41421356237309503));
    const f = this.#op("select", this.#times(this.#op("sub", e, this.constant(1)), 0.5), e, upper);
    const s = this.#op("div", f, this.#op("add", f, this.constant(2)));
    const z = this.#op("mul", s, s);
    const rest = this.#op("mul", z, this.#polynomial(z, this.#numbers.log1pSeries));
    const half = this.#times(this.#op("mul", f, f), 0.5);
    const log = this.#op("sub", f, this.#op("sub", half, this.#op("mul", s, this.#op("add", half, rest))));
    return this.#op("add", this.#op("and", upper, this.constant(Math.LN2)), log);
  }

  /** `-t / (t + 2)` with `t = e^(-2 |x|) - 1`, which keeps small arguments accurate; the sign is put back. */
  #tanh(x: number): number {
    const y = this.#times(this.#op("min", this.#op("abs", x), this.constant(20)), -2);
    const { k, r, square, tail } = this.#reduced(y);
    const scale = this.#power(k);
    const t = this.#op("add", this.#op("mul", scale, this.#multiplyAdd(square, tail, r)), this.#op("sub", scale, this.constant(1)));
    const magnitude = this.#op("div", this.#op("neg", t), this.#op("add", t, this.constant(2)));
    return this.#op("or", this.#op("abs", magnitude), this.#op("and", x, this.constant(-0)));
  }

  /** `e^x - 1` as `(2^k - 1) + 2^k r`, added with its rounding error, and smaller terms; far from 0 `e^x` or -1. Accurate to 1 ulp. */
  #expm1(x: number): number {
    const { k, whole, high, r, square, tail } = this.#reduced(this.#inside(x));
    const scale = this.#power(k);
    const [one, two] = [this.#op("sub", scale, this.constant(1)), this.#op("mul", scale, r)];
    const sum = this.#op("add", one, two);
    const part = this.#op("sub", sum, one);
    const error = this.#op("add", this.#op("sub", one, this.#op("sub", sum, part)), this.#op("sub", two, part));
    const lost = this.#multiplyAdd(whole, this.constant(-this.#numbers.ln2Low), this.#op("sub", high, r));
    const rest = this.#multiplyAdd(square, tail, this.#op("add", lost, this.#op("mul", lost, r)));
    const near = this.#op("add", sum, this.#op("add", error, this.#op("mul", scale, rest)));
    const magnitude = this.#op("abs", this.#op("select", near, this.constant(1), this.#op("gt", x, this.constant(-40))));
    const signed = this.#op("or", magnitude, this.#op("and", x, this.constant(-0)));
    // NaN is its own exponential.
    return this.#op("select", signed, this.#exp(x), this.#op("lt", x, this.constant(40)));
  }

  /** The product of 3 or 4 equal factors, in the order of the primitive's own. */
  #product(x: number, factors: number): number {
    const square = this.#op("mul", x, x);
    return this.#op("mul", square, factors === 3 ? x : square);
  }

  /** Any other function, lane by lane in JavaScript. */
  #call(node: Tensor, args: readonly number[]): number {
    return this.#memo(`${nameOf(node)} ${args.join(" ")}`, () => this.#pushCall(node, args));
  }

  #pushCall(node: Tensor, args: readonly number[]): void {
    const index = this.#imports.index(nameOf(node), args.length, (node.primitive as ElementwisePrimitive).scalar(node.attrs));
    const f = this.#f;
    const single = f.format.bytes === 4;
    const values = Array.from({ length: this.lanes }, (_, lane) => {
      for (const x of args) {
        f.get(x);
        f.vectorOp("extractLane", lane);
        if (single) f.emit(scalar.toDouble);
      }
      f.emit(op.call, ...unsigned(index));
      const value = f.local(single ? f32 : f64);
      if (single) f.emit(scalar.toSingle);
      f.set(value);
      return value;
    });
    f.get(values[0]);
    f.vectorOp("splat");
    for (let lane = 1; lane < values.length; lane++) {
      f.get(values[lane]);
      f.vectorOp("replaceLane", lane);
    }
  }
}

/** The name under which a function is imported. */
const nameOf = ({ primitive, attrs }: Tensor): string => `${primitive.name}${primitive.key ? `(${primitive.key(attrs)})` : ""}`;
