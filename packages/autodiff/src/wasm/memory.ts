import { OdeError } from "@fluxion/ode-core";
import type { Numbers } from "../compile.ts";
import { webAssembly, type HostMemory } from "./host.ts";
import type { NumberFormat } from "./number-format.ts";

const pageBytes = 65536;

/** The memory that the kernels of one module set share. Windows on it are made anew when it grows. Places count numbers. */
export class KernelMemory {
  readonly host: HostMemory;
  readonly #format: NumberFormat;
  #end: number;
  readonly #windows: (() => void)[] = [];

  /**
   * @param numbers - How many are taken at first.
   * @param spareBytes - To grow into. The host gives pages out when they are written to, so that they cost nothing until then. A memory
   * that grows beyond leaves its old buffer detached, and V8 compiles every access to an array with a check for that from then on.
   */
  constructor(format: NumberFormat, numbers: number, spareBytes = 0) {
    this.#format = format;
    this.#end = this.#whole(numbers);
    const initial = Math.ceil((format.bytes * numbers + spareBytes) / pageBytes);
    try {
      this.host = new webAssembly!.Memory({ initial });
    } catch (cause) {
      throw noMemory(initial, cause);
    }
  }

  /** What was not taken yet begins here. */
  get end(): number {
    return this.#end;
  }

  /** Takes room for `size` numbers for good: whole vectors from `end` on. */
  take(size: number): number {
    const at = this.#end;
    this.#end += this.#whole(size);
    if (!this.grow(this.#end)) throw noMemory(Math.ceil((this.#format.bytes * this.#end) / pageBytes));
    return at;
  }

  #whole(numbers: number): number {
    return Math.ceil(numbers / this.#format.lanes) * this.#format.lanes;
  }

  /** A window on `size` numbers, good until the memory grows. */
  view(at: number, size: number): Numbers {
    return this.#format.view(this.host.buffer, this.#format.bytes * at, size);
  }

  /** Appends a window on `size` numbers to a list, where it stays valid. */
  open(list: Numbers[], at: number, size: number): void {
    const index = list.push(this.view(at, size)) - 1;
    this.#windows.push(() => void (list[index] = this.view(at, size)));
  }

  /** The same for `size` float64 numbers, whatever the memory's format. */
  openDoubles(list: Float64Array[], at: number, size: number): void {
    const view = (): Float64Array => new Float64Array(this.host.buffer, this.#format.bytes * at, size);
    const index = list.push(view()) - 1;
    this.#windows.push(() => void (list[index] = view()));
  }

  /** Makes room for at least so many numbers. Returns false when the host has none. */
  grow(numbers: number): boolean {
    const missing = Math.ceil((this.#format.bytes * numbers - this.host.buffer.byteLength) / pageBytes);
    if (missing <= 0) return true;
    try {
      this.host.grow(missing);
    } catch {
      return false;
    }
    for (const renew of this.#windows) renew();
    return true;
  }
}

/** Hosts give each memory a large range of addresses, of which there are some thousand. */
const noMemory = (pages: number, cause?: unknown): OdeError =>
  new OdeError("MISSING_CAPABILITY", `Cannot compile with backend "wasm" as the host must have a memory of ${pages} pages for the kernel: it has none left, or none so large`, { cause });
