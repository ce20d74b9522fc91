import type { ElementwisePrimitive } from "../elementwise.ts";
import { fixedPower } from "../fixed-power.ts";
import { signed, type Tensor } from "../tensor.ts";
import { arcTangent } from "./arc-tangent.ts";
import type { ConstantPool } from "./constant-pool.ts";
import { errorFunction } from "./error-function.ts";
import { exponential, type Exponential } from "./exponential.ts";
import { exponentialMinusOne } from "./exponential-minus-one.ts";
import { unsigned, type FunctionBuilder } from "./function-builder.ts";
import { logarithm, logarithmOfNext } from "./logarithm.ts";
import type { Imports } from "./imports.ts";
import { f32, f64, op, scalar, simd, type VectorOp } from "./opcodes.ts";
import { cosine, sine, tangent } from "./trigonometry.ts";

/** `2^raise e^x` is a normal number wherever `e^x` is none. */
const raise = 60;

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
  /** `e^r - 1 - r` for `|r| <= ln 2 / 2`. */
  remainder(r: number): number;
  /** `fast`, but in the lanes of `mask` what the host's own function gives. */
  except(mask: number, fast: number): number;
}

/** Functions with vector code. */
const functions: Readonly<Record<string, ((v: VectorCode, x: number, y: number) => number) | undefined>> = {
  atan2: arcTangent, erf: errorFunction, expm1: exponentialMinusOne, log: logarithm, log1p: logarithmOfNext, sin: sine, cos: cosine, tan: tangent,
};

/**
 * Vector code of elementwise operations: a vector of numbers at a time, with the same result for a number in any lane. Equal
 * subexpressions are computed once. `lanes` says how many lanes hold entries, for operations that call JavaScript.
 */
export class Expressions implements VectorCode {
  readonly #f: FunctionBuilder;
  readonly #pool: ConstantPool;
  readonly #imports: Imports;
  readonly #known = new Map<string, number>();
  /** What a local is the negative of. */
  readonly #negated = new Map<number, number>();
  /** The node whose code is being written, and its arguments. */
  #current: [node: Tensor, args: readonly number[]] | undefined;
  readonly bytes: 4 | 8;
  readonly numbers: Exponential;
  readonly lanes: number;

  constructor(f: FunctionBuilder, pool: ConstantPool, imports: Imports, lanes: number) {
    this.#f = f;
    this.bytes = f.format.bytes;
    this.numbers = exponential[this.bytes];
    this.#pool = pool;
    this.#imports = imports;
    this.lanes = lanes;
  }

  /** The vector local with the value of `node` for vector locals `args`. */
  node(node: Tensor, args: readonly number[]): number {
    this.#current = [node, args];
    const [x, y, z] = args;
    switch (node.primitive.name) {
      case "neg":
      case "abs":
      case "sqrt":
        return this.op(node.primitive.name, x);
      case "add":
      case "sub":
      case "mul":
      case "div":
        return this.op(node.primitive.name, x, y);
      case "multiplyAdd":
        return this.multiplyAdd(x, y, z);
      case "minimum":
        return this.op("min", x, y);
      case "maximum":
        return this.op("max", x, y);
      case "greater":
        return this.op("and", this.op("gt", x, y), this.constant(1));
      case "where":
        return this.op("select", y, z, this.op("ne", x, this.constant(0)));
      case "sign":
        return this.op("select", this.constant(1), this.op("select", this.constant(-1), x, this.op("lt", x, this.constant(0))), this.op("gt", x, this.constant(0)));
      case "exp":
        return this.exp(x);
      case "sigmoid":
        return this.#sigmoid(x);
      case "softplus":
        return this.#softplus(x);
      case "tanh":
        return this.#tanh(x);
      case "pow":
        return this.#power(node, x);
      default: {
        const f = functions[node.primitive.name];
        return f ? f(this, x, y) : this.#call(node, args);
      }
    }
  }

  /** JavaScript is called only if there are any such lanes. */
  except(mask: number, fast: number): number {
    const f = this.#f;
    const result = f.vector(() => f.get(fast));
    f.get(mask);
    f.simd(simd.anyTrue);
    f.emit(op.if, 0x40);
    this.#pushCall(...this.#current!);
    f.get(fast);
    f.get(mask);
    f.simd(simd.select);
    f.set(result);
    f.emit(op.end);
    return result;
  }

  /** A vector with `value` in all lanes. */
  constant(value: number): number {
    return this.#memo(`k${signed(value)}`, () => this.#pool.push(this.#f, value));
  }

  #memo(key: string, push: () => void): number {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const local = this.#f.vector(push);
    this.#known.set(key, local);
    return local;
  }

  op(name: AnyOp, ...args: readonly number[]): number {
    const local = this.#memo(`${name} ${args.join(" ")}`, () => {
      for (const x of args) this.#f.get(x);
      // Masks fill lanes, so that both choose alike; one is a single instruction, the other three.
      if (name === "select" && this.#f.format.fused) this.#f.vectorOp("laneSelect");
      else if (name === "and" || name === "or" || name === "xor" || name === "select") this.#f.simd(simd[name]);
      else this.#f.vectorOp(name);
    });
    if (name === "neg") this.#negated.set(local, args[0]);
    return local;
  }

  shift(name: "shiftLeft" | "shiftRight", x: number, count: number): number {
    return this.#memo(`${name} ${x} ${count}`, () => {
      this.#f.get(x);
      this.#f.constant(count);
      this.#f.vectorOp(name);
    });
  }

  /** `2^n` where the low bits of `x` hold n and the exponent's bias. */
  #powerOfTwo(x: number): number {
    return this.shift("shiftLeft", x, this.numbers.mantissaBits);
  }

  #times(x: number, value: number): number {
    return this.op("mul", x, this.constant(value));
  }

  /** `x y + z`, in one instruction where the format has it. */
  multiplyAdd(x: number, y: number, z: number): number {
    return this.#f.format.fused ? this.op("multiplyAdd", x, y, z) : this.op("add", z, this.op("mul", x, y));
  }

  /** `c0 + c1 x + c2 x^2 + ...`, halves in parallel. @source Estrin 1960 */
  polynomial(x: number, coefficients: readonly number[]): number {
    let terms = coefficients.map((c) => this.constant(c));
    for (let power = x; terms.length > 1; power = this.op("mul", power, power)) {
      const pairs: number[] = [];
      for (let i = 0; i < terms.length; i += 2) pairs.push(i + 1 < terms.length ? this.multiplyAdd(terms[i + 1], power, terms[i]) : terms[i]);
      terms = pairs;
    }
    return terms[0];
  }

  /** `x = k ln 2 + r` with `|r| <= ln 2 / 2`. The low bits of `biased` hold k with `added`. */
  #reduced(x: number, added: number): { biased: number; r: number } {
    const { ln2High, ln2Low, magic } = this.numbers;
    // Adding this rounds to an integer in the low bits.
    const shift = this.constant(magic + added);
    const biased = this.multiplyAdd(x, this.constant(Math.LOG2E), shift);
    const whole = this.op("sub", biased, shift);
    return { biased, r: this.multiplyAdd(whole, this.constant(-ln2Low), this.multiplyAdd(whole, this.constant(-ln2High), x)) };
  }

  /** `r coth(r / 2) - 2`: with it, `e^r = (2 + bend + r) / (2 + bend - r)`. */
  #bend(r: number): number {
    const square = this.op("mul", r, r);
    return this.op("mul", square, this.polynomial(square, this.numbers.cothSeries));
  }

  remainder(r: number): number {
    const bend = this.#bend(r);
    return this.op("div", this.op("mul", r, this.op("sub", r, bend)), this.op("sub", this.op("add", bend, this.constant(2)), r));
  }

  /** `2^k x`, in two factors, as 2^k may be no normal number; `biased` holds k and twice the bias. */
  #scaled(x: number, biased: number): number {
    const half = this.shift("shiftRight", biased, 1);
    return this.op("mul", this.op("mul", x, this.#powerOfTwo(half)), this.#powerOfTwo(this.op("intSub", biased, half)));
  }

  /** Accurate to 1 ulp on the whole range: overflows to Infinity and underflows through subnormals to 0. */
  exp(x: number): number {
    const { largest, smallest, bias } = this.numbers;
    const { biased, r } = this.#reduced(this.op("greater", this.op("lesser", x, this.constant(largest)), this.constant(smallest)), 2 * bias);
    return this.#scaled(this.op("add", this.constant(1), this.op("add", r, this.remainder(r))), biased);
  }

  /** `e^-|x|` as a quotient, for sigmoid and softplus, which share it, also for x and -x; and the sum of both. */
  #quotient(x: number): { top: number; bottom: number; sum: number } {
    const minusAbs = this.op("or", this.#negated.get(x) ?? x, this.constant(-0));
    const { biased, r } = this.#reduced(this.op("greater", minusAbs, this.constant(this.numbers.smallest)), raise);
    const middle = this.polynomial(this.op("mul", r, r), [2, ...this.numbers.cothSeries]);
    // Raised, it is a normal number, to whose exponent an integer can be added. It is rounded once, where it is subnormal in the end.
    const raised = this.op("intAdd", this.op("add", middle, r), this.#powerOfTwo(biased));
    const [top, bottom] = [this.#times(raised, 2 ** -raise), this.op("sub", middle, r)];
    return { top, bottom, sum: this.op("add", bottom, top) };
  }

  #sigmoid(x: number): number {
    const { top, bottom, sum } = this.#quotient(x);
    const opposite = this.#negated.get(x);
    // At 0 both are equal, so that the comparison serves x and -x.
    const [above, below] = opposite === undefined ? [bottom, top] : [top, bottom];
    return this.op("div", this.op("select", above, below, this.op("ge", opposite ?? x, this.constant(0))), sum);
  }

  /** `max(x, 0) + log(1 + e)` with `log(1 + e) = 2 artanh(e / (2 + e))` and `e = e^-|x|`, in short chains of dependent operations. */
  #softplus(x: number): number {
    const { top, bottom } = this.#quotient(x);
    const s = this.op("div", top, this.op("add", top, this.op("add", bottom, bottom)));
    const square = this.op("mul", s, s);
    const twice = this.multiplyAdd(this.op("mul", s, square), this.polynomial(square, this.numbers.artanhSeries), this.op("add", s, s));
    return this.op("add", this.op("greater", x, this.constant(0)), twice);
  }

  /** `-t / (t + 2)` with `t = e^(-2 |x|) - 1`, which keeps small arguments accurate; the sign is put back. */
  #tanh(x: number): number {
    const { biased, r } = this.#reduced(this.#times(this.op("lesser", this.op("abs", x), this.constant(20)), -2), this.numbers.bias);
    const scale = this.#powerOfTwo(biased);
    const t = this.op("add", this.op("mul", scale, this.op("add", r, this.remainder(r))), this.op("sub", scale, this.constant(1)));
    const magnitude = this.op("div", this.op("neg", t), this.op("add", t, this.constant(2)));
    return this.op("or", this.op("abs", magnitude), this.op("and", x, this.constant(-0)));
  }

  #power(node: Tensor, base: number): number {
    const power = fixedPower(node.attrs.exponent as number, base, {
      mul: (x, y) => this.op("mul", x, y),
      sqrt: (x) => this.op("add", this.op("sqrt", x), this.constant(0)),
      inverse: (x) => this.op("div", this.constant(1), x),
    });
    return power ?? this.#call(node, [base]);
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
