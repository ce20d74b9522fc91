import { luFactorPrimitive, luSolvePrimitive } from "../solve-linear.ts";
import type { Tensor } from "../tensor.ts";
import type { Address, FunctionBuilder } from "./function-builder.ts";
import { f64, op, scalar } from "./opcodes.ts";
import { pushConstant, pushNumber, storeNumber } from "./single-numbers.ts";

/** One or two equations: code of their own, as a call of JavaScript would cost more than the solve. */
export const canEmitSolve = (node: Tensor): boolean => (node.primitive === luFactorPrimitive || node.primitive === luSolvePrimitive) && node.shape.at(-1)! <= 2;

/** Batches of up to so many systems are written out. */
const unrolled = 8;

/** Factors or solves each system of a batch, in the order of operations of the primitives' own `evaluate`. */
export function emitSolve(f: FunctionBuilder, node: Tensor, args: readonly Address[], out: Address): void {
  const n = node.shape.at(-1)!;
  const factors = node.primitive === luFactorPrimitive;
  /** What each system takes of the operands. */
  const [sizes, operands] = factors ? [[n * n, n * (n + 1)], [args[0], out]] : [[n * (n + 1), n, n], [args[1], args[2], out]];
  const count = node.size / sizes.at(-1)!;
  const one = (at: readonly Address[]): void => f.scope(() => {
    const code = new Scalars(f);
    if (factors) factor(code, n, at[0], at[1]);
    else solve(code, n, node.attrs.transposed as boolean, at[0], at[1], at[2]);
  });
  if (count <= unrolled) {
    for (let b = 0; b < count; b++) one(operands.map((at, k) => f.shift(at, b * sizes[k])));
    return;
  }
  const pinned = operands.map((at) => f.pin(at));
  f.repeat(count, () => {
    one(pinned.map((local) => ({ local, bytes: 0 })));
    pinned.forEach((local, k) => f.advance(local, sizes[k]));
  });
}

/** Single numbers in locals: float64, whatever stands in memory. */
class Scalars {
  readonly #f: FunctionBuilder;

  constructor(f: FunctionBuilder) {
    this.#f = f;
  }

  #new(push: () => void): number {
    push();
    const local = this.#f.local(f64);
    this.#f.set(local);
    return local;
  }

  load(at: Address): number {
    return this.#new(() => pushNumber(this.#f, at));
  }

  /** The number `i` places behind an address. */
  at(from: Address, i: number): number {
    return this.load(this.#f.shift(from, i));
  }

  /** Stores a number `i` places behind an address. */
  put(from: Address, i: number, value: number): void {
    this.store(this.#f.shift(from, i), value);
  }

  store(at: Address, value: number): void {
    storeNumber(this.#f, at, () => this.#f.get(value));
  }

  constant(value: number): number {
    return this.#new(() => pushConstant(this.#f, value));
  }

  op(name: "sub" | "mul" | "div", x: number, y: number): number {
    return this.#new(() => {
      this.#f.get(x);
      this.#f.get(y);
      this.#f.emit(scalar[name]);
    });
  }

  /** `x` where `|y| > |z|`, else `otherwise`. */
  pick(x: number, otherwise: number, y: number, z: number): number {
    return this.#new(() => {
      this.#f.get(x);
      this.#f.get(otherwise);
      for (const value of [y, z]) {
        this.#f.get(value);
        this.#f.emit(scalar.abs);
      }
      this.#f.emit(scalar.greater, op.select);
    });
  }
}

function factor(c: Scalars, n: number, a: Address, out: Address): void {
  const put = (i: number, value: number): void => c.put(out, i, value);
  if (n === 1) {
    put(0, c.load(a));
    put(1, c.constant(0));
    return;
  }
  const [a00, a01, a10, a11] = [0, 1, 2, 3].map((i) => c.at(a, i));
  const row = (lower: number, upper: number): number => c.pick(lower, upper, a10, a00);
  const u00 = row(a10, a00);
  const u01 = row(a11, a01);
  const l10 = c.op("div", row(a00, a10), u00);
  put(0, u00);
  put(1, u01);
  put(2, l10);
  put(3, c.op("sub", row(a01, a11), c.op("mul", l10, u01)));
  put(4, row(c.constant(1), c.constant(0)));
  put(5, c.constant(1));
}

function solve(c: Scalars, n: number, transposed: boolean, lu: Address, b: Address, out: Address): void {
  const get = (i: number): number => c.at(lu, i);
  const minus = (x: number, y: number, z: number): number => c.op("sub", x, c.op("mul", y, z));
  const b0 = c.load(b);
  if (n === 1) return c.store(out, c.op("div", b0, get(0)));
  const b1 = c.at(b, 1);
  const [u00, u01, l10, u11, pivot] = [0, 1, 2, 3, 4].map(get);
  const zero = c.constant(0);
  // A pivot of 1 means that the rows changed places.
  const swap = (x: number, y: number): [number, number] => [c.pick(y, x, pivot, zero), c.pick(x, y, pivot, zero)];
  let x0: number;
  let x1: number;
  if (transposed) {
    x0 = c.op("div", b0, u00);
    x1 = c.op("div", minus(b1, u01, x0), u11);
    [x0, x1] = swap(minus(x0, l10, x1), x1);
  } else {
    const [y0, y1] = swap(b0, b1);
    x1 = c.op("div", minus(y1, l10, y0), u11);
    x0 = c.op("div", minus(y0, u01, x1), u00);
  }
  c.store(out, x0);
  c.put(out, 1, x1);
}
