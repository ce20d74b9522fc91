import type { NumberFormat } from "./number-format.ts";
import { i32, op, simd, v128, type VectorOp } from "./opcodes.ts";

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const out: number[] = [];
  let n = value;
  do {
    const low = n & 0x7f;
    n >>>= 7;
    out.push(n === 0 ? low : low | 0x80);
  } while (n !== 0);
  return out;
}

/** Signed LEB128 of a 32-bit integer. */
function signed(value: number): number[] {
  const out: number[] = [];
  let n = value | 0;
  for (;;) {
    const low = n & 0x7f;
    n >>= 7;
    if ((n === 0 && (low & 0x40) === 0) || (n === -1 && (low & 0x40) !== 0)) {
      out.push(low);
      return out;
    }
    out.push(low | 0x80);
  }
}

/** An address: the sum of an i32 local (none for 0) and a fixed number of bytes. */
export interface Address {
  readonly local: number | null;
  readonly bytes: number;
}

/** Writes the body of one function whose parameters are i32. */
export class FunctionBuilder {
  readonly parameters: number;
  readonly format: NumberFormat;
  readonly #locals: number[] = [];
  #code = new Uint8Array(4096);
  #length = 0;

  constructor(parameters: number, format: NumberFormat) {
    this.parameters = parameters;
    this.format = format;
  }

  /** The address `numbers` further. */
  shift({ local, bytes }: Address, numbers: number): Address {
    return { local, bytes: bytes + this.format.bytes * numbers };
  }

  /** A new local variable. */
  local(type: number): number {
    this.#locals.push(type);
    return this.parameters + this.#locals.length - 1;
  }

  emit(...bytes: readonly number[]): void {
    if (this.#length + bytes.length > this.#code.length) {
      const grown = new Uint8Array(2 * (this.#code.length + bytes.length));
      grown.set(this.#code);
      this.#code = grown;
    }
    for (const byte of bytes) this.#code[this.#length++] = byte;
  }

  get(local: number): void {
    this.emit(op.localGet, ...unsigned(local));
  }

  set(local: number): void {
    this.emit(op.localSet, ...unsigned(local));
  }

  constant(value: number): void {
    this.emit(op.i32Const, ...signed(value));
  }

  simd(code: number, ...immediates: readonly number[]): void {
    this.emit(0xfd, ...unsigned(code), ...immediates);
  }

  /** A vector operation on the function's kind of number. */
  vectorOp(name: VectorOp, ...immediates: readonly number[]): void {
    this.simd(this.format.code[name], ...immediates);
  }

  /** `sum = sum + x y` for vector locals. */
  multiplyAdd(sum: number, x: number, y: number): void {
    if (this.format.fused) {
      this.get(x);
      this.get(y);
      this.get(sum);
      this.vectorOp("multiplyAdd");
    } else {
      this.get(sum);
      this.get(x);
      this.get(y);
      this.vectorOp("mul");
      this.vectorOp("add");
    }
    this.set(sum);
  }

  /** Pushes the local part of an address; the fixed part goes into the memory instruction. */
  pointer({ local }: Address): void {
    if (local === null) this.constant(0);
    else this.get(local);
  }

  /** A vector memory instruction at an address whose local part is on the stack. */
  memory(name: "load" | "store" | VectorOp, { bytes }: Address, ...immediates: readonly number[]): void {
    const code = name === "load" || name === "store" ? simd[name] : this.format.code[name];
    // Aligned to one number, which is a hint only.
    this.simd(code, this.format.bytes === 8 ? 3 : 2, ...unsigned(bytes), ...immediates);
  }

  /** A scalar memory instruction at an address whose local part is on the stack. */
  scalarMemory(code: number, { bytes }: Address): void {
    this.emit(code, this.format.bytes === 8 ? 3 : 2, ...unsigned(bytes));
  }

  /** A new vector local with what `push` leaves on the stack. */
  vector(push: () => void): number {
    push();
    const local = this.local(v128);
    this.set(local);
    return local;
  }

  /** Pushes the vector at an address. */
  load(address: Address, name: "load" | "loadSplat" | "loadZero" = "load"): void {
    this.pointer(address);
    this.memory(name, address);
  }

  /** `body`, `count` times; nothing for 0, no loop for 1. */
  repeat(count: number, body: () => void): void {
    if (count <= 1) {
      if (count === 1) body();
      return;
    }
    const counter = this.local(i32);
    this.constant(0);
    this.set(counter);
    this.emit(op.loop, 0x40);
    body();
    this.get(counter);
    this.constant(1);
    this.emit(op.i32Add, op.localTee, ...unsigned(counter));
    this.constant(count);
    this.emit(op.i32LtU, op.brIf, 0, op.end);
  }

  /** Moves an address in a local by so many numbers. */
  advance(local: number, numbers: number): void {
    if (numbers === 0) return;
    this.get(local);
    this.constant(this.format.bytes * numbers);
    this.emit(op.i32Add);
    this.set(local);
  }

  /** A new i32 local with an address's value. */
  pin({ local, bytes }: Address): number {
    const pinned = this.local(i32);
    this.constant(bytes);
    if (local !== null) {
      this.get(local);
      this.emit(op.i32Add);
    }
    this.set(pinned);
    return pinned;
  }

  /** The function's entry in the code section. */
  finish(): number[] {
    const groups: [count: number, type: number][] = [];
    for (const type of this.#locals) {
      const last = groups.at(-1);
      if (last && last[1] === type) last[0]++;
      else groups.push([1, type]);
    }
    const head = [...unsigned(groups.length), ...groups.flatMap(([count, type]) => [...unsigned(count), type])];
    const size = head.length + this.#length + 1;
    const out = [...unsigned(size), ...head];
    for (let i = 0; i < this.#length; i++) out.push(this.#code[i]);
    out.push(op.end);
    return out;
  }
}
