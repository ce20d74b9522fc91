import type { ElementwisePrimitive } from "../elementwise.ts";
import type { Tensor } from "../tensor.ts";
import type { ConstantPool } from "./constant-pool.ts";
import { errorFunction } from "./error-function.ts";
import { exponential, type Exponential } from "./exponential.ts";
import { exponentialMinusOne } from "./exponential-minus-one.ts";
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
      this.list.push({ name, parameters: new Array<number>(arity).fill(f64), results: arity > 0 ? [f64] : [] });
    }
    return this.list.findIndex((x) => x.name === name);
  }
}

/** Vector operations, those on bits included. */
type AnyOp = VectorOp | "and" | "or" | "xor" | "select";

/** What vector code of functions is written with; all numbers are vector locals. */
export interface VectorCode {
  readonly bytes: 4 | 8;
  readonly numbers: Exponential;
  op(name: AnyOp, ...args: readonly number[]): number;
  shift(name: "shiftLeft" | "shiftRight", x: number, count: number): number;
  constant(value: number): number;
  multiplyAdd(x: number, y: number, z: number): number;
  polynomial(x: number, coefficients: readonly number[]): number;
  exp(x: number): number;
  /** `fast`, but in the lanes of `mask` what the host's own function gives. */
  except(mask: number, fast: number): number;
}

/** Functions with vector code. */
const functions: Readonly<Record<string, ((v: VectorCode, x: number) => number) | undefined>> = {
  erf: errorFunction, expm1: exponentialMinusOne, log: logarithm, log1p: logarithmOfNext, sin: sine, cos: cosine, tan: tangent,
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
        return this.#op("add", this.#op("greater", x, this.constant(0)), this.#log1p(this.#expOfMinusAbs(x)));
      case "tanh":
        return this.#tanh(x);
      case "pow":
        return this.#fixedPower(node, x);
      default: {
        const f = functions[node.primitive.name];
        return f ? f(this.#codeFor(node, args), x) : this.#call(node, args);
      }
    }
  }

  #codeFor(node: Tensor, args: readonly number[]): VectorCode {
    return {
      bytes: this.#f.format.bytes,
      numbers: this.#numbers,
      op: (name, ...operands) => this.#op(name, ...operands),
      shift: (name, x, count) => this.#shift(name, x, count),
      constant: (value) => this.constant(value),
      multiplyAdd: (x, y, z) => this.#multiplyAdd(x, y, z),
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
    const local = this.#memo(`${name} ${args.join(" ")}`, () => {
      for (const x of args) this.#f.get(x);
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

  /** `2^n` where the low bits of `x` hold n and the exponent's bias. */
  #power(x: number): number {
    return this.#shift("shiftLeft", x, this.#numbers.mantissaBits);
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

  /** The nearest integer, and it with the exponent's bias in the low bits. */
  #rounded(x: number, factor: number): { whole: number; biased: number } {
    // Adding this rounds to an integer in the low bits.
    const magic = this.constant(this.#numbers.magic + this.#numbers.bias);
    const biased = this.#multiplyAdd(x, this.constant(factor), magic);
    return { whole: this.#op("sub", biased, magic), biased };
  }

  /** `x = k ln 2 + r` with `|r| <= ln 2 / 2`: k, as it is and biased, and `e^r - 1`. */
  #reduced(x: number): { whole: number; biased: number; expm1: number } {
    const { ln2High, ln2Low, taylor } = this.#numbers;
    const { whole, biased } = this.#rounded(x, Math.LOG2E);
    const r = this.#multiplyAdd(whole, this.constant(-ln2Low), this.#multiplyAdd(whole, this.constant(-ln2High), x));
    const tail = this.#polynomial(r, taylor);
    return { whole, biased, expm1: this.#multiplyAdd(this.#op("mul", r, r), tail, r) };
  }

  /** `e^x` for `smallest <= x <= largest`: overflows to Infinity and underflows through subnormals to 0. */
  #expInside(x: number): number {
    const { whole, biased, expm1 } = this.#reduced(x);
    // In two factors, as 2^k may be no normal number.
    const half = this.#rounded(whole, 0.5).biased;
    const rest = this.#op("intAdd", this.#op("intSub", biased, half), this.constant(this.#numbers.biasBits));
    return this.#op("mul", this.#op("mul", this.#op("add", this.constant(1), expm1), this.#power(half)), this.#power(rest));
  }

  /** Accurate to about 1 ulp on the whole range. */
  #exp(x: number): number {
    const { largest, smallest } = this.#numbers;
    return this.#expInside(this.#op("greater", this.#op("lesser", x, this.constant(largest)), this.constant(smallest)));
  }

  /** In (0, 1], for sigmoid and softplus, which share it, also for x and -x. */
  #expOfMinusAbs(x: number): number {
    const minusAbs = this.#op("or", this.#negated.get(x) ?? x, this.constant(-0));
    return this.#expInside(this.#op("greater", minusAbs, this.constant(this.#numbers.smallest)));
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
    const y = this.#times(this.#op("lesser", this.#op("abs", x), this.constant(20)), -2);
    const { biased, expm1 } = this.#reduced(y);
    const scale = this.#power(biased);
    const t = this.#op("add", this.#op("mul", scale, expm1), this.#op("sub", scale, this.constant(1)));
    const magnitude = this.#op("div", this.#op("neg", t), this.#op("add", t, this.constant(2)));
    return this.#op("or", this.#op("abs", magnitude), this.#op("and", x, this.constant(-0)));
  }

  /** 3 or 4 equal factors are multiplied in the order of the primitive's own. */
  #fixedPower(node: Tensor, x: number): number {
    const exponent = node.attrs.exponent as number;
    if (exponent !== 3 && exponent !== 4) return this.#call(node, [x]);
    const square = this.#op("mul", x, x);
    return this.#op("mul", square, exponent === 3 ? x : square);
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
