import type { FunctionBuilder } from "./function-builder.ts";
import { simd } from "./opcodes.ts";

/** Vectors of two equal numbers at the start of the memory: loading one is cheaper than an immediate. */
export class ConstantPool {
  readonly #addresses = new Map<string, number>();
  readonly values: number[] = [];
  readonly #capacity: number;

  /** @param capacity - How many constants the memory has room for; more become immediates. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The address of two copies of `value`, or null when the pool is full. */
  #address(value: number): number | null {
    const key = Object.is(value, -0) ? "-0" : String(value);
    const known = this.#addresses.get(key);
    if (known !== undefined || this.values.length === this.#capacity) return known ?? null;
    const at = 16 * this.values.length;
    this.#addresses.set(key, at);
    this.values.push(value);
    return at;
  }

  /** Pushes a vector with `value` in both lanes. */
  push(f: FunctionBuilder, value: number): void {
    const at = this.#address(value);
    if (at !== null) f.load({ local: null, bytes: at });
    else f.simd(simd.constant, ...new Uint8Array(Float64Array.of(value, value).buffer));
  }
}
