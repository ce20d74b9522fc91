import type { NumberFormat } from "./number-format.ts";
import { i32, op, simd, v128, type VectorOp } from "./opcodes.ts";

/** Appends a number as unsigned LEB128. */
function pushUnsigned(out: number[], value: number): void {
  let n = value;
  for (; n > 0x7f; n >>>= 7) out.push((n & 0x7f) | 0x80);
  out.push(n);
}

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const out: number[] = [];
  pushUnsigned(out, value);
  return out;
}

/** Bytes one after the other. */
export function joined(parts: readonly ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Appends a 32-bit integer as signed LEB128. */
function pushSigned(out: number[], value: number): void {
  let n = value | 0;
  for (; n < -0x40 || n > 0x3f; n >>= 7) out.push((n & 0x7f) | 0x80);
  out.push(n & 0x7f);
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
  /** Their types. */
  readonly #locals: number[] = [];
  /** By type: locals that have been used and are not any more. */
  readonly #free = new Map<number, number[]>();
  /** Locals of the innermost scope. */
  #made: number[] = [];
  readonly #code: number[] = [];

  constructor(parameters: number, format: NumberFormat) {
    this.parameters = parameters;
    this.format = format;
  }

  /** Bytes of code so far. */
  get length(): number {
    return this.#code.length;
  }

  /** The address `numbers` further. */
  shift({ local, bytes }: Address, numbers: number): Address {
    return { local, bytes: bytes + this.format.bytes * numbers };
  }

  /** A local variable that nothing else uses now. Its value is not known. */
  local(type: number): number {
    const local = this.#free.get(type)?.pop() ?? this.parameters + this.#locals.push(type) - 1;
    this.#made.push(local);
    return local;
  }

  /** Runs `body`, after which the locals made in it are free for others: engines take no more than 50000 in a function. */
  scope(body: () => void): void {
    const outer = this.#made;
    this.#made = [];
    body();
    for (const local of this.#made) {
      const type = this.#locals[local - this.parameters];
      const free = this.#free.get(type);
      if (free) free.push(local);
      else this.#free.set(type, [local]);
    }
    this.#made = outer;
  }

  /** Calls function `index` of the module with its own parameters. */
  callAlike(index: number): void {
    for (let i = 0; i < this.parameters; i++) this.get(i);
    this.emit(op.call, ...unsigned(index));
  }

  emit(...bytes: readonly number[]): void {
    this.#code.push(...bytes);
  }

  get(local: number): void {
    this.#code.push(op.localGet);
    pushUnsigned(this.#code, local);
  }

  set(local: number): void {
    this.#code.push(op.localSet);
    pushUnsigned(this.#code, local);
  }

  constant(value: number): void {
    this.#code.push(op.i32Const);
    pushSigned(this.#code, value);
  }

  simd(code: number, ...immediates: readonly number[]): void {
    this.#code.push(0xfd);
    pushUnsigned(this.#code, code);
    this.emit(...immediates);
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
  memory(name: keyof typeof simd | VectorOp, address: Address, ...immediates: readonly number[]): void {
    this.simd(name in simd ? simd[name as keyof typeof simd] : this.format.code[name as VectorOp]);
    this.#offset(address);
    this.emit(...immediates);
  }

  /** A scalar memory instruction at an address whose local part is on the stack. */
  scalarMemory(code: number, address: Address): void {
    this.#code.push(code);
    this.#offset(address);
  }

  /** The fixed part of an address, aligned to one number, which is a hint only. */
  #offset({ bytes }: Address): void {
    this.#code.push(this.format.bytes === 8 ? 3 : 2);
    pushUnsigned(this.#code, bytes);
  }

  /** A new vector local with what `push` leaves on the stack. */
  vector(push: () => void): number {
    push();
    const local = this.local(v128);
    this.set(local);
    return local;
  }

  /** Pushes the vector at an address. */
  load(address: Address, name: "load" | "loadSplat" | "loadZero" | "loadPair" = "load"): void {
    this.pointer(address);
    this.memory(name, address);
  }

  /** A new vector local whose first `count` lanes are numbers from an address on, `stride` numbers apart. The others are zero. */
  loadPart(at: Address, count: number, stride = 1): number {
    if (count === this.format.lanes && stride === 1) return this.vector(() => this.load(at));
    const isPaired = this.#isPaired(count, stride);
    let value = this.vector(() => this.load(at, isPaired ? "loadPair" : "loadZero"));
    for (let lane = isPaired ? 2 : 1; lane < count; lane++) {
      const next = this.shift(at, lane * stride);
      const before = value;
      value = this.vector(() => {
        this.pointer(next);
        this.get(before);
        this.memory("loadLane", next, lane);
      });
    }
    return value;
  }

  /** Stores the first `count` lanes of a vector local from an address on, `stride` numbers apart. */
  storePart(at: Address, value: number, count: number, stride = 1): void {
    const store = (address: Address, name: "store" | "storePair" | "storeLane", ...lane: readonly number[]): void => {
      this.pointer(address);
      this.get(value);
      this.memory(name, address, ...lane);
    };
    if (count === this.format.lanes && stride === 1) return store(at, "store");
    const isPaired = this.#isPaired(count, stride);
    if (isPaired) store(at, "storePair", 0);
    for (let lane = isPaired ? 2 : 0; lane < count; lane++) store(this.shift(at, lane * stride), "storeLane", lane);
  }

  /** Whether the first two of so many numbers are moved by one instruction. */
  #isPaired(count: number, stride: number): boolean {
    return this.format.bytes === 4 && stride === 1 && count > 1;
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
  finish(): Uint8Array<ArrayBuffer> {
    const groups: [count: number, type: number][] = [];
    for (const type of this.#locals) {
      const last = groups.at(-1);
      if (last && last[1] === type) last[0]++;
      else groups.push([1, type]);
    }
    const head = [...unsigned(groups.length), ...groups.flatMap(([count, type]) => [...unsigned(count), type])];
    const size = head.length + this.#code.length + 1;
    return joined([unsigned(size), head, this.#code, [op.end]]);
  }
}
