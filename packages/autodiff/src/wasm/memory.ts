import { webAssembly, type HostMemory } from "./host.ts";

const pageBytes = 65536;

/** The memory that the kernels of one module set share. Windows on it are made anew when it grows. */
export class KernelMemory {
  readonly host: HostMemory;
  readonly #windows: { readonly list: Float64Array[]; readonly index: number; readonly at: number; readonly size: number }[] = [];

  /** @param numbers - How many it holds at first. */
  constructor(numbers: number) {
    this.host = new webAssembly!.Memory({ initial: Math.ceil((8 * numbers) / pageBytes) });
  }

  /** All of it, until it grows. */
  get numbers(): Float64Array {
    return new Float64Array(this.host.buffer);
  }

  /** Appends a window on `size` numbers to a list, where it stays valid. */
  open(list: Float64Array[], at: number, size: number): void {
    this.#windows.push({ list, index: list.push(new Float64Array(this.host.buffer, 8 * at, size)) - 1, at, size });
  }

  /** Makes room for at least so many numbers. Returns false when the host has none. */
  grow(numbers: number): boolean {
    const missing = Math.ceil((8 * numbers - this.host.buffer.byteLength) / pageBytes);
    if (missing <= 0) return true;
    try {
      this.host.grow(missing);
    } catch {
      return false;
    }
    for (const { list, index, at, size } of this.#windows) list[index] = new Float64Array(this.host.buffer, 8 * at, size);
    return true;
  }
}
