import { compile, concat, jvp, reshape, tensor, vjp, type BackendName, type NestedArray, type Shape, type Tensor } from "@fluxion/autodiff";

/** A direction of differentiation. */
export type GradMode = "forward" | "reverse";

/** What {@link checkGrads} checks. */
export interface CheckGradsOptions {
  /** How many times to differentiate. Default 2. */
  readonly order?: number | undefined;
  /** Default both. At order 2 every pair of them is checked: forward of forward, reverse of forward, ... */
  readonly modes?: readonly GradMode[] | undefined;
  /** Largest difference from finite differences, relative to the largest entry or 1. Default 1e-7. */
  readonly tolerance?: number | undefined;
  /** Step of the finite differences, relative to the largest entry of the argument or 1. Default 1e-3. */
  readonly step?: number | undefined;
  /** Default `"auto"`. */
  readonly backend?: BackendName | undefined;
  /** Seed of the random directions. Default 1. */
  readonly seed?: number | undefined;
}

type Traced = (...x: Tensor[]) => Tensor;
type Flat = Float64Array;

/** <w, J v> and <J' w, v> are one number in exact arithmetic: only rounding separates them. */
const transposeTolerance = 1e-10;

/**
 * Checks the derivatives of a traced function at `args`: forward mode against central differences of fourth order, reverse
 * against forward mode by `<w, J v> = <J' w, v>`, argument by argument along random directions, and then the same for the
 * derivatives themselves, up to `order`. The function must be smooth around `args`.
 *
 * @throws Error that names order, modes, argument and difference.
 */
export function checkGrads(f: Traced, args: readonly (NestedArray | Float64Array)[], options: CheckGradsOptions = {}): void {
  const { order = 2, modes = ["forward", "reverse"], tolerance = 1e-7, step = 1e-3, backend = "auto", seed = 1 } = options;
  const shapes = args.map((x) => tensor(x).shape);
  const flat = args.map((x) => (x instanceof Float64Array ? x.slice() : Float64Array.from(numbers(x))));
  check(f, { shapes, args: flat, modes, tolerance, step, backend, random: generator(seed) }, order, []);
}

interface Setting {
  readonly shapes: readonly Shape[];
  readonly args: readonly Flat[];
  readonly modes: readonly GradMode[];
  readonly tolerance: number;
  readonly step: number;
  readonly backend: BackendName;
  readonly random: () => number;
}

/** `path` lists the modes already applied, outermost first. */
function check(f: Traced, setting: Setting, order: number, path: readonly GradMode[]): void {
  const { args, shapes, modes, random } = setting;
  const { run: value, shape } = runner(f, setting);
  const here = value(args);
  if (!here.every(Number.isFinite)) throw new Error(`Cannot check derivatives as the function must be finite at the arguments: ${named(path)} has the values ${here.join(", ")}`);
  const draw = (n: number): Flat => Float64Array.from({ length: n }, () => 2 * random() - 1);
  const directions = args.map((x) => draw(x.length));
  const w = draw(here.length);
  const pull: Traced = (...x) => flatten(vjp(f, ...x)[1](literal(w, shape)));
  const pulled = modes.includes("reverse") ? runner(pull, setting).run(args) : null;
  let at = 0;
  args.forEach((x, i) => {
    const v = directions[i];
    const expected = difference(value, args, i, v, setting.step);
    let pushed: Flat | null = null;
    if (modes.includes("forward")) {
      pushed = runner((...xs) => jvp((y) => f(...xs.with(i, y)), [xs[i]], [literal(v, shapes[i])])[1], setting).run(args);
      compare(pushed, expected, ["forward", ...path], i, setting.tolerance);
    }
    if (pulled) compareProducts(inner(w, pushed ?? expected), inner(pulled.subarray(at, at + x.length), v), ["reverse", ...path], i, pushed ? transposeTolerance : setting.tolerance);
    at += x.length;
  });
  if (order <= 1) return;
  if (modes.includes("forward")) check((...x) => jvp(f, x, x.map((_, i) => literal(directions[i], shapes[i])))[1], setting, order - 1, ["forward", ...path]);
  if (modes.includes("reverse")) check(pull, setting, order - 1, ["reverse", ...path]);
}

const numbers = (x: NestedArray): number[] => (typeof x === "number" ? [x] : x.flatMap(numbers));
const flatten = (parts: readonly Tensor[]): Tensor => concat(parts.map((x) => reshape(x, [x.size])));
const literal = (data: Flat, shape: Shape): Tensor => reshape(tensor(data), shape);

function runner(f: Traced, { backend, shapes }: Setting): { run: (args: readonly Flat[]) => Flat; shape: Shape } {
  let shape: Shape = [];
  const kernel = compile((...x) => {
    const y = f(...x);
    shape = y.shape;
    return y;
  }, shapes, { backend });
  const run = (args: readonly Flat[]): Flat => {
    const out = new Float64Array(shape.reduce((n, s) => n * s, 1));
    kernel(args, [out]);
    return out;
  };
  return { run, shape };
}

/** Derivative by argument `i` along `v` from four evaluations. */
function difference(value: (args: readonly Flat[]) => Flat, args: readonly Flat[], i: number, v: Flat, step: number): Flat {
  const h = step * largest(args[i]);
  const at = (k: number): Flat => value(args.with(i, args[i].map((x, j) => x + k * h * v[j])));
  const [a, b, c, d] = [at(-2), at(-1), at(1), at(2)];
  return a.map((_, k) => (8 * (c[k] - b[k]) - (d[k] - a[k])) / (12 * h));
}

const largest = (x: Flat): number => x.reduce((m, y) => Math.max(m, Math.abs(y)), 1);

/** Inner product and the size of its terms, which rounding errors scale with. */
const inner = (x: Flat, y: Flat): { sum: number; scale: number } => ({
  sum: x.reduce((s, v, i) => s + v * y[i], 0),
  scale: x.reduce((s, v, i) => s + Math.abs(v * y[i]), 0),
});

function compare(found: Flat, expected: Flat, path: readonly GradMode[], argument: number, tolerance: number): void {
  const scale = largest(expected);
  found.forEach((x, k) => {
    if (!(Math.abs(x - expected[k]) <= tolerance * scale)) {
      throw new Error(`Cannot accept ${named(path)} by argument ${argument} as it must equal central differences to ${tolerance * scale}: entry ${k} is ${x}, differences give ${expected[k]} (off by ${Math.abs(x - expected[k])})`);
    }
  });
}

function compareProducts(a: { sum: number; scale: number }, b: { sum: number; scale: number }, path: readonly GradMode[], argument: number, tolerance: number): void {
  const allowed = tolerance * Math.max(a.scale, b.scale, 1);
  if (!(Math.abs(a.sum - b.sum) <= allowed)) {
    throw new Error(`Cannot accept ${named(path)} by argument ${argument} as <w, J v> must equal <J' w, v> to ${allowed}: they are ${a.sum} and ${b.sum} (off by ${Math.abs(a.sum - b.sum)})`);
  }
}

/** "the reverse of forward derivative (order 2)". */
const named = (path: readonly GradMode[]): string => (path.length === 0 ? "the function" : `the ${path.join(" of ")} derivative (order ${path.length})`);

/** Uniform numbers in [0, 1). @source mulberry32 by Tommy Ettinger, public domain */
function generator(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };
}
