import { vectorSumsModule } from "./algorithms/generated/vector-sums.ts";
import { abstolsOf, type ErrorScale } from "./scaled-norm.ts";

/** The part of the host's WebAssembly that is used; the ECMAScript library has no types for it. */
interface HostWebAssembly {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Memory: new (descriptor: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Instance: new (module: object, imports: { readonly env: object }) => { readonly exports: unknown };
}
declare const atob: (text: string) => string;

const { WebAssembly } = globalThis as { readonly WebAssembly?: HostWebAssembly };

/** Memory with the two functions of `vector-sums.wat` over it, which says what stands where. */
interface Workspace {
  readonly buffer: ArrayBuffer;
  readonly advance: (row: number, out: number, u: number) => void;
  readonly squares: (row: number, u: number, next: number) => void;
}

/** Memories that no stepper uses: a new one takes as long as some hundred sums. Those that would hold much for nothing are left to the garbage collector. */
const free: Workspace[] = [];
const mostFree = 8;
const largestFree = 2 ** 22;

const page = 2 ** 16;
/** As `vector-sums.wat` has them. */
const headBytes = 48;
const termBytes = 16;
const blockBytes = 32;

let module: object | undefined;
/** So many bytes were not to be had: all when the host has no vectors or forbids WebAssembly. To be refused again could take seconds. */
let refused = Infinity;

function takeWorkspace(bytes: number): Workspace | undefined {
  const known = free.findLastIndex(({ buffer }) => buffer.byteLength >= bytes);
  if (known >= 0) return free.splice(known, 1)[0];
  if (!WebAssembly || bytes >= refused) return undefined;
  try {
    module ??= new WebAssembly.Module(Uint8Array.from(atob(vectorSumsModule), (letter) => letter.charCodeAt(0)));
  } catch {
    refused = 0;
    return undefined;
  }
  try {
    const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / page) });
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    return { buffer: memory.buffer, ...(exports as Omit<Workspace, "buffer">) };
  } catch {
    // The host is out of memory or of addresses, of which a memory takes billions.
    refused = bytes;
    return undefined;
  }
}

/** Weights of stages, those of each row one after the other, without those of weight zero. */
export interface SumRows {
  readonly weights: readonly number[];
  readonly stages: readonly number[];
  /** Terms of each row: one at least. */
  readonly counts: readonly number[];
}

/** `rows` with entry i for stage i. */
export function sumRows(rows: readonly (readonly number[])[]): SumRows {
  const terms = rows.map((row) => {
    const some = row.map((weight, stage) => ({ weight, stage })).filter(({ weight }) => weight !== 0);
    return some.length > 0 ? some : [{ weight: 0, stage: 0 }];
  });
  return { weights: terms.flat().map(({ weight }) => weight), stages: terms.flat().map(({ stage }) => stage), counts: terms.map(({ length }) => length) };
}

/**
 * Sums over the stages of an explicit Runge-Kutta method by WebAssembly, three to four times as fast as loops of JavaScript, with the same bits. What
 * they read and write is in memory of their own, which this has views of.
 */
export class VectorSums {
  /** Start and length of the step, and what `squares` returned last. */
  readonly now: Float64Array;
  /** `u[n]` at the start and at the end of the step, and the argument of a stage. */
  readonly u: Float64Array;
  readonly next: Float64Array;
  readonly input: Float64Array;
  readonly stages: Float64Array[] = [];
  /** `u` and the stages, `stride` numbers apart. */
  readonly all: Float64Array;
  readonly stride: number;
  readonly #workspace: Workspace;
  readonly #numbers: Float64Array;
  /** Addresses of the rows, and of the states of these names. */
  readonly #rows: Int32Array;
  readonly #u: number;
  readonly #next: number;
  readonly #input: number;
  #isReleased = false;

  private constructor(workspace: Workspace, { weights, stages, counts }: SumRows, n: number, count: number, context: ErrorScale) {
    const { buffer } = workspace;
    const words = new Int32Array(buffer);
    const numbers = new Float64Array(buffer);
    const size = stateBytes(n);
    const end = headBytes + termBytes * weights.length;
    const first = end + 4 * size;
    this.#workspace = workspace;
    this.#numbers = numbers;
    this.stride = size / 8;
    const abstols = end;
    [this.#input, this.#next, this.#u] = [end + size, end + 2 * size, end + 3 * size];
    numbers.fill(0, 0, (first + count * size) / 8);
    // The numbers that fill up the last block have a tolerance, so that their error is 0 also where only a relative one is given.
    numbers.fill(1, abstols / 8, this.#input / 8);
    numbers.set(abstolsOf(context, n), abstols / 8);
    [numbers[3], words[8], words[9]] = [context.reltol, size, abstols];
    this.#rows = new Int32Array(counts.length);
    let address = headBytes;
    for (let row = 0, term = 0; row < counts.length; row++) {
      this.#rows[row] = address;
      words[address / 4 + 3] = counts[row] * termBytes;
      for (let i = 0; i < counts[row]; i++, term++, address += termBytes) {
        numbers[address / 8] = weights[term];
        words[address / 4 + 2] = first + stages[term] * size;
      }
    }
    this.now = new Float64Array(buffer, 0, 3);
    this.u = new Float64Array(buffer, this.#u, n);
    this.next = new Float64Array(buffer, this.#next, n);
    this.input = new Float64Array(buffer, this.#input, n);
    for (let i = 0; i < count; i++) this.stages.push(new Float64Array(buffer, first + i * size, n));
    this.all = new Float64Array(buffer, this.#u, (1 + count) * this.stride);
  }

  /** Sums over `count` stages of `n` numbers; `undefined` where the host has no WebAssembly with vectors, or forbids it. */
  static make(rows: SumRows, n: number, count: number, context: ErrorScale): VectorSums | undefined {
    const workspace = takeWorkspace(headBytes + termBytes * rows.weights.length + (4 + count) * stateBytes(n));
    return workspace && new VectorSums(workspace, rows, n, count, context);
  }

  /** `input = u + h sum w k` with the weights of a row. */
  advance(row: number): void {
    this.#workspace.advance(this.#rows[row], this.#input, this.#u);
  }

  /** The same for `next`. */
  finish(row: number): void {
    this.#workspace.advance(this.#rows[row], this.#next, this.#u);
  }

  /** `input = u + h sum w k` with other weights in the place of those of a row. */
  weigh(row: number, weights: Float64Array): void {
    const at = this.#rows[row] / 8;
    for (let i = 0; i < weights.length; i++) this.#numbers[at + 2 * i] = weights[i];
    this.advance(row);
  }

  /** The sum of the squares of `h sum w k`, by the scale of each component of `u` and `next`; NaN when one of these is infinite. */
  squares(row: number): number {
    this.#workspace.squares(this.#rows[row], this.#u, this.#next);
    return this.now[2];
  }

  /** Hands the memory to the next one: nothing of this may be used from then on. */
  release(): void {
    if (this.#isReleased || this.#workspace.buffer.byteLength > largestFree) return;
    this.#isReleased = true;
    free.push(this.#workspace);
    if (free.length <= mostFree) return;
    const sizes = free.map(({ buffer }) => buffer.byteLength);
    free.splice(sizes.indexOf(Math.min(...sizes)), 1);
  }
}

const stateBytes = (n: number): number => Math.ceil((8 * n) / blockBytes) * blockBytes;
