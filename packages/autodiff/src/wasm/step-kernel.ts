import type { ButcherTableau } from "@fluxion/ode-core";
import type { StepKernel } from "../compile.ts";
import { compileModule } from "./capabilities.ts";
import { FunctionBuilder } from "./function-builder.ts";
import { webAssembly } from "./host.ts";
import { emitLoops } from "./loops.ts";
import type { KernelMemory } from "./memory.ts";
import { moduleBytes } from "./module.ts";
import { numberFormat, type NumberFormat } from "./number-format.ts";
import { i32, op, simd } from "./opcodes.ts";

/** The second part of a split kernel, made for several evaluations in a row. */
export interface Reverse {
  /** Of the address of a record and of where each of the factors goes. */
  readonly run: (record: number, ...factors: number[]) => void;
  /** For each factor of products that it leaves over, the room for one evaluation's. */
  readonly factors: readonly number[];
  /** Makes the code that adds up the products of so many evaluations, with each factor of all of them at one of `at`. */
  readonly sum?: (rounds: number, at: readonly number[]) => () => void;
}

/** Both parts of a right-hand side's split kernel, and where their arguments are. Places count numbers. */
export interface StepParts {
  /** Of the address of a record. */
  readonly first: (record: number) => void;
  readonly second: Reverse;
  readonly memory: KernelMemory;
  readonly format: NumberFormat;
  /** Length of a record, and of the state. */
  readonly record: number;
  readonly n: number;
  readonly t: number;
  readonly y: number;
  readonly dy: number;
  readonly w: number;
  readonly dyBar: number;
}

/** States are float64 whatever the parts compute with, so that rounding does not add up over steps. */
const doubles = numberFormat("f64", false);

/**
 * Code for whole steps: the combinations of stages as vector loops around calls of the parts, with sums in the order of the
 * steppers of ode-core. Products that add up to parameter gradients are left to the end of each step.
 */
export function makeStepKernel(tableau: ButcherTableau, parts: StepParts, limit: number): StepKernel {
  const { memory, format: { bytes }, n, record, first, second } = parts;
  const { a, b, c } = tableau;
  const needed = (j: number): boolean => b[j] !== 0 || a.some((row, i) => i > j && (row[j] ?? 0) !== 0 && needed(i));
  const stages = b.findLastIndex((_, j) => needed(j)) + 1;
  const coefficients = [...new Set([...a.slice(0, stages).flat(), ...b.slice(0, stages), ...c.slice(0, stages)])];
  const take = (size: number): number => memory.take((8 / bytes) * size);
  const arrays: Float64Array[] = [];
  const places = [2, n, n, n, coefficients.length].map((size) => {
    const at = take(size);
    memory.openDoubles(arrays, at, size);
    return bytes * at;
  });
  const [time, u, next, lambda, table] = places;
  const k = Array.from({ length: stages }, () => bytes * take(n));
  const factors = second.factors.map((size) => memory.take(stages * size));
  const sum = second.sum?.(stages, factors);
  const writer = new StepWriter(parts, { time, u, next, lambda, scratch: bytes * take(n), k, factors: factors.map((at) => bytes * at) }, (value) => table + 8 * coefficients.indexOf(value));

  const imported = { first, second: second.run, ...(sum ? { sum } : {}) };
  const parameters = { first: [i32], second: [i32, ...factors.map(() => i32)], sum: [] };
  const imports = (Object.keys(imported) as (keyof typeof imported)[]).map((name) => ({ name, parameters: parameters[name], results: [] }));
  const code = moduleBytes(imports, [{ name: "forward", body: writer.forward(tableau) }, { name: "reverse", body: writer.reverse(tableau) }]);
  const { forward, reverse } = new webAssembly!.Instance(compileModule(code), { env: { memory: memory.host, ...imported } }).exports as Record<string, (record: number) => void>;

  arrays[4].set(coefficients);
  const address = (i: number): number => bytes * (memory.end + i * stages * record);
  return {
    stages,
    arrays: arrays as unknown as StepKernel["arrays"],
    reserve: (steps) => steps * stages * record <= limit && memory.grow(memory.end + steps * stages * record),
    forward: (i) => forward(address(i)),
    reverse: (i) => reverse(address(i)),
  };
}

/** Where a step's numbers stand, in bytes. */
interface Places {
  readonly time: number;
  readonly u: number;
  readonly next: number;
  readonly lambda: number;
  /** For arguments and results of parts that compute with float32. */
  readonly scratch: number;
  /** The stages; in reverse their gradients. */
  readonly k: readonly number[];
  /** Each for all stages. */
  readonly factors: readonly number[];
}

/** Vector locals in, a vector local out. */
type Operation = (name: "add" | "mul", x: number, y: number) => number;

/** Writes the two functions; each takes the address of the step's first record. */
class StepWriter {
  readonly #parts: StepParts;
  readonly #places: Places;
  readonly #coefficient: (value: number) => number;

  constructor(parts: StepParts, places: Places, coefficient: (value: number) => number) {
    this.#parts = parts;
    this.#places = places;
    this.#coefficient = coefficient;
  }

  forward({ a, b, c }: ButcherTableau): FunctionBuilder {
    const f = new FunctionBuilder(1, doubles);
    const { n, t, y, dy } = this.#parts;
    const { time, u, next, k } = this.#places;
    const combine = (weights: readonly number[], out: number): void => {
      const used = weights.map((_, j) => j).filter((j) => j < k.length && weights[j] !== 0);
      this.#loop(f, n, [u, ...used.map((j) => k[j])], [time + 8, ...used.map((j) => this.#coefficient(weights[j]))], [out], ([start, ...slopes], [h, ...factors], apply) => {
        const terms = slopes.map((slope, j) => apply("mul", factors[j], slope));
        return [terms.length === 0 ? start : apply("add", start, apply("mul", h, terms.reduce((sum, term) => apply("add", sum, term))))];
      });
    };
    k.forEach((slope, i) => {
      this.#input(f, t, 1, (out) => this.#loop(f, 1, [time], [time + 8, this.#coefficient(c[i])], [out], ([start], [h, ci], apply) => [apply("add", start, apply("mul", ci, h))]));
      this.#input(f, y, n, (out) => combine(a[i], out));
      this.#call(f, 0, i);
      this.#loop(f, n, [this.#output(f, dy, n)], [], [slope], ([x]) => [x]);
    });
    combine(b, next);
    return f;
  }

  /** From the last stage to the first: `kBar_i = h b_i lambda + h sum_j a_ji yBar_j` and `yBar_i = f_u' kBar_i`; then `lambda` grows by all `yBar_i`. */
  reverse({ a, b }: ButcherTableau): FunctionBuilder {
    const f = new FunctionBuilder(1, doubles);
    const { n, w, dyBar } = this.#parts;
    const { time, lambda, k: kBar } = this.#places;
    const h = time + 8;
    this.#loop(f, n, [lambda], [h, ...kBar.map((_, i) => this.#coefficient(b[i]))], kBar, ([x], [size, ...weights], apply) => weights.map((bi) => apply("mul", apply("mul", size, bi), x)));
    for (let i = kBar.length - 1; i >= 0; i--) {
      this.#input(f, w, n, (out) => this.#loop(f, n, [kBar[i]], [], [out], ([x]) => [x]));
      this.#call(f, 1, i);
      const earlier = a[i].map((_, j) => j).filter((j) => a[i][j] !== 0);
      const sums = [lambda, ...earlier.map((j) => kBar[j])];
      this.#loop(f, n, [this.#output(f, dyBar, n), ...sums], [h, ...earlier.map((j) => this.#coefficient(a[i][j]))], sums, ([yBar, sum, ...others], [size, ...factors], apply) => [
        apply("add", sum, yBar),
        ...others.map((x, j) => apply("add", x, apply("mul", apply("mul", size, factors[j]), yBar))),
      ]);
    }
    if (this.#parts.second.sum) f.emit(op.call, 2);
    return f;
  }

  /** A vector loop over `n` float64 at each of the places `moving` and `out`, with what stands at `fixed` in every lane. */
  #loop(f: FunctionBuilder, n: number, moving: readonly number[], fixed: readonly number[], out: readonly number[], body: (moving: readonly number[], fixed: readonly number[], apply: Operation) => readonly number[]): void {
    const operand = (stride: number) => (bytes: number) => ({ at: { local: null, bytes }, strides: [stride] });
    const apply: Operation = (name, x, y) => f.vector(() => {
      f.get(x);
      f.get(y);
      f.vectorOp(name);
    });
    f.scope(() => emitLoops(f, [n], [...moving.map(operand(1)), ...fixed.map(operand(0))], out.map(operand(1)), ({ load, store }) => {
      body(moving.map((_, i) => load(i)), fixed.map((_, i) => load(moving.length + i)), apply).forEach((x, i) => store(i, x));
    }));
  }

  /** Calls a part with the record of a stage. */
  #call(f: FunctionBuilder, part: 0 | 1, stage: number): void {
    const { format: { bytes }, record, second } = this.#parts;
    f.get(0);
    f.constant(bytes * stage * record);
    f.emit(op.i32Add);
    if (part === 1) second.factors.forEach((size, k) => f.constant(this.#places.factors[k] + bytes * stage * size));
    f.emit(op.call, part);
  }

  /** Lets `write` store float64 numbers that end up at the argument `place` of a part. */
  #input(f: FunctionBuilder, place: number, n: number, write: (out: number) => void): void {
    const { format: { bytes } } = this.#parts;
    if (bytes === 8) return write(8 * place);
    const { scratch } = this.#places;
    write(scratch);
    this.#convert(f, n, scratch, 4 * place, "toSingle");
  }

  /** Where the float64 numbers of the result at `place` of a part are. */
  #output(f: FunctionBuilder, place: number, n: number): number {
    const { format: { bytes } } = this.#parts;
    if (bytes === 8) return 8 * place;
    const { scratch } = this.#places;
    this.#convert(f, n, 4 * place, scratch, "toDouble");
    return scratch;
  }

  /** Two numbers at a time: there is room for one more where their count is odd. Places in bytes. */
  #convert(f: FunctionBuilder, n: number, from: number, to: number, conversion: "toSingle" | "toDouble"): void {
    f.scope(() => {
      const [source, target] = [from, to].map((bytes) => ({ local: f.pin({ local: null, bytes }), bytes: 0 }));
      f.repeat(Math.ceil(n / 2), () => {
        f.pointer(target);
        f.load(source, conversion === "toSingle" ? "load" : "loadPair");
        f.simd(simd[conversion]);
        if (conversion === "toSingle") f.memory("storePair", target, 0);
        else f.memory("store", target);
        f.advance(source.local, conversion === "toSingle" ? 2 : 1);
        f.advance(target.local, conversion === "toSingle" ? 1 : 2);
      });
    });
  }
}
