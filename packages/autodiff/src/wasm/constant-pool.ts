import { signed } from "../tensor.ts";
import type { FunctionBuilder } from "./function-builder.ts";
import type { NumberFormat } from "./number-format.ts";
import { simd } from "./opcodes.ts";

/** Vectors of equal numbers in the memory: loading one is cheaper than an immediate. */
export class ConstantPool {
  readonly #addresses = new Map<string, number>();
  readonly values: number[] = [];
  readonly #start: number;
  readonly #capacity: number;

  /**
   * @param start - Where the first one is, in bytes.
   * @param capacity - How many constants the memory has room for; more become immediates.
   */
  constructor(start: number, capacity: number) {
    this.#start = start;
    this.#capacity = capacity;
  }

  /** Puts the constants where the code looks for them. */
  fill(format: NumberFormat, buffer: ArrayBuffer): void {
    this.values.forEach((value, i) => format.view(buffer, this.#start + 16 * i, format.lanes).fill(value));
  }

  /** The address of copies of `value`, or null when the pool is full. */
  #address(value: number): number | null {
    const key = signed(value);
    const known = this.#addresses.get(key);
    if (known !== undefined || this.values.length === this.#capacity) return known ?? null;
    const at = this.#start + 16 * this.values.length;
    this.#addresses.set(key, at);
    this.values.push(value);
    return at;
  }

  /** Pushes a vector with `value` in all lanes. */
  push(f: FunctionBuilder, value: number): void {
    const at = this.#address(value);
    if (at !== null) f.load({ local: null, bytes: at });
    else {
      const bytes = new Uint8Array(16);
      f.format.view(bytes.buffer).fill(value);
      f.simd(simd.constant, ...bytes);
    }
  }
}
