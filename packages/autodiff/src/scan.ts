import { OdeError } from "@fluxion/ode-core";
import { broadcastAxes, repeat } from "./broadcast.ts";
import { add } from "./elementwise.ts";
import { interpret } from "./interpreter.ts";
import { pushforward } from "./jvp.ts";
import { pack, totalSize, unpack, unpackCotangent } from "./pack.ts";
import { prepareScan } from "./prepare-scan.ts";
import { scanParts, scanShapes, type ScanAttrs } from "./scan-attrs.ts";
import { transpose } from "./shape-ops.ts";
import { close, inFormOf, listOf, programId, type Arrays } from "./subprogram.ts";
import { constant, input, makeNode, sameShape, shapeError, tracing, type MaybeZero, type Primitive, type Tensor } from "./tensor.ts";
import { trace } from "./trace.ts";
import { batchOutputs } from "./vmap.ts";
import { cotangentsOf } from "./vjp.ts";

/** Final carries and stacked results. */
const run = (attrs: ScanAttrs, args: readonly Tensor[]): Tensor[] => unpack(makeNode(scanPrimitive, args, attrs), scanShapes(attrs));

/** What each step of the loop began with: the carries, stacked. The compiler makes one loop of this and the loop itself. */
function history(node: Tensor): Tensor[] {
  const attrs = node.attrs as ScanAttrs;
  const { inputs, outputs } = attrs.program;
  const program = { inputs, outputs: [...outputs, ...scanParts(attrs, inputs)[1]] };
  return run({ ...attrs, program }, node.args).slice(outputs.length);
}

/** The smallest set that has `first` and is closed under `more`. */
function closure(first: readonly boolean[], more: (flags: readonly boolean[]) => readonly boolean[]): readonly boolean[] {
  let flags = first;
  for (;;) {
    const next = more(flags).map((flag, i) => flag || flags[i]);
    if (next.every((flag, i) => flag === flags[i])) return flags;
    flags = next;
  }
}

const pick = <T>(items: readonly T[], flags: readonly boolean[]): T[] => items.filter((_, i) => flags[i]);
const present = <T>(items: readonly (T | null)[]): T[] => items.filter((x): x is T => x !== null);
const zeros = (x: Tensor): Tensor => constant(0, x.shape);

/** A loop over the stored carries that pushes tangents forward. */
function tangentOf(tangents: readonly MaybeZero[], node: Tensor): MaybeZero {
  const attrs = node.attrs as ScanAttrs;
  const { program, carries, length } = attrs;
  const unknown = program.inputs.map((x) => input("tangent", x.shape));
  const [dConstants, dInit, dElements] = scanParts(attrs, tangents);
  const push = (moved: readonly boolean[]): MaybeZero[] =>
    pushforward(program, unknown.map((d, i) => (i >= attrs.constants && i < attrs.constants + carries ? moved[i - attrs.constants] : tangents[i] !== null) ? d : null));
  const moved = closure(dInit.map((d) => d !== null), (flags) => push(flags).slice(0, carries).map((d) => d !== null));
  const pushed = push(moved);
  const results = pushed.slice(carries);
  if (!moved.includes(true) && results.every((d) => d === null)) return null;
  const [own, start, entries] = scanParts(attrs, program.inputs);
  const [dOwn, dStart, dEntries] = scanParts(attrs, unknown);
  const has = (list: readonly MaybeZero[]): boolean[] => list.map((d) => d !== null);
  const [constants, init, elements] = scanParts(attrs, node.args);
  const linear: ScanAttrs = {
    ...attrs,
    program: {
      inputs: [...own, ...pick(dOwn, has(dConstants)), ...pick(dStart, moved), ...entries, ...start, ...pick(dEntries, has(dElements))],
      outputs: [...pick(pushed, moved).map((d, k) => d ?? zeros(pick(start, moved)[k])), ...present(results)],
    },
    constants: own.length + present(dConstants).length,
    carries: moved.filter(Boolean).length,
  };
  const args = [...constants, ...present(dConstants), ...pick(dInit, moved).map((d, k) => d ?? zeros(pick(init, moved)[k])), ...elements, ...history(node), ...present(dElements)];
  const parts = run(linear, args);
  const finals = moved.map((flag, k) => (flag ? parts.shift()! : zeros(init[k])));
  const stacked = results.map((d, j) => (d ? parts.shift()! : constant(0, [length, ...program.outputs[carries + j].shape])));
  return pack([...finals, ...stacked]);
}

/** A loop over the stored carries, backwards, that pulls cotangents back and adds up those of the constants. */
function cotangentsFor(g: Tensor, node: Tensor): MaybeZero[] {
  const attrs = node.attrs as ScanAttrs;
  const { program, carries, length, reverse } = attrs;
  const given = unpackCotangent(g, scanShapes(attrs));
  const seeds = program.outputs.map((y) => input("cotangent", y.shape));
  const pull = (reached: readonly boolean[]): MaybeZero[] => {
    const flags = program.outputs.map((_, k) => (k < carries ? reached[k] : given[k] !== null));
    const total = cotangentsOf({ inputs: program.inputs, outputs: pick(program.outputs, flags) }, pick(seeds, flags));
    return program.inputs.map((x) => total.get(x) ?? null);
  };
  const reached = closure(given.slice(0, carries).map((d) => d !== null), (flags) => scanParts(attrs, pull(flags))[1].map((d) => d !== null));
  const [gConstants, gCarries, gElements] = scanParts(attrs, pull(reached));
  const [own, start, entries] = scanParts(attrs, program.inputs);
  const [constants, init, elements] = scanParts(attrs, node.args);
  const sums = gConstants.map((d, i) => d && input("sum", own[i].shape));
  const results = program.outputs.map((_, k) => k >= carries && given[k] !== null);
  const back: ScanAttrs = {
    program: {
      inputs: [...own, ...pick(seeds.slice(0, carries), reached), ...present(sums), ...entries, ...start, ...pick(seeds, results)],
      outputs: [
        ...pick(gCarries, reached).map((d, k) => d ?? zeros(pick(start, reached)[k])),
        ...present(gConstants.map((d, i) => d && add(sums[i]!, d))),
        ...present(gElements),
      ],
    },
    constants: own.length,
    carries: reached.filter(Boolean).length + present(sums).length,
    length,
    reverse: !reverse,
  };
  const parts = run(back, [
    ...constants,
    ...pick(given.slice(0, carries), reached).map((d, k) => d ?? zeros(pick(init, reached)[k])),
    ...present(sums).map(zeros),
    ...elements, ...history(node), ...present(given.slice(carries)),
  ]);
  const ofInit = reached.map((flag) => (flag ? parts.shift()! : null));
  const ofConstants = gConstants.map((d) => d && parts.shift()!);
  return [...ofConstants, ...ofInit, ...gElements.map((d) => d && parts.shift()!)];
}

/** The first two axes change places: between a batch of arrays of steps and steps of batches. */
const swapped = (x: Tensor): Tensor => transpose(x, x.shape.map((_, i) => (i < 2 ? 1 - i : i)));

/** One loop over the whole batch. */
function batched(args: readonly Tensor[], flags: readonly boolean[], size: number, attrs: ScanAttrs): Tensor {
  const { program, carries, length } = attrs;
  const [ofConstants, ofInit, ofElements] = scanParts(attrs, flags);
  const inputsFor = (own: readonly boolean[]): boolean[] => [...ofConstants, ...own, ...ofElements];
  const make = (own: readonly boolean[]): { inputs: Tensor[]; outputs: ReturnType<typeof batchOutputs> } => {
    const inputs = program.inputs.map((x, i) => input(x.attrs.name as string, inputsFor(own)[i] ? [size, ...x.shape] : x.shape));
    return { inputs, outputs: batchOutputs(program, inputs, inputsFor(own), size) };
  };
  const mapped = closure(ofInit, (own) => make(own).outputs.slice(0, carries).map((y) => y.batched));
  const { inputs, outputs } = make(mapped);
  const [constants, init, elements] = scanParts(attrs, args);
  const next: ScanAttrs = { ...attrs, program: { inputs, outputs: outputs.map((y, k) => (k < carries && mapped[k] && !y.batched ? repeat(y.x, size) : y.x)) } };
  const parts = run(next, [
    ...constants,
    ...init.map((x, k) => (mapped[k] && !ofInit[k] ? repeat(x, size) : x)),
    ...elements.map((x, j) => (ofElements[j] ? swapped(x) : x)),
  ]);
  const whole = parts.map((y, k) => {
    if (k < carries) return mapped[k] ? y : repeat(y, size);
    return outputs[k].batched ? swapped(y) : broadcastAxes(y, [size, length, ...y.shape.slice(1)], y.shape.map((_, i) => i + 1));
  });
  return pack(whole, [size]);
}

/** Result: final carries, then stacked results, in one vector. */
export const scanPrimitive: Primitive<ScanAttrs> = {
  name: "scan",
  key: ({ program, length, reverse }) => `${programId(program)} ${length} ${reverse}`,
  shape: (_args, attrs) => [totalSize(scanShapes(attrs))],
  jvp: (tangents, node) => tracing(() => tangentOf(tangents, node)),
  vjp: (g, node) => tracing(() => cotangentsFor(g, node)),
  batch: (args, flags, size, attrs) => tracing(() => batched(args, flags, size, attrs)),
  programs: { of: ({ program }) => [program], with: (attrs, [program]) => ({ ...attrs, program }) },
  prepare: prepareScan,
  evaluate: (out, args, node) => prepareScan(node, interpret)(out, args),
};

/** How many steps, by the leading axes of the elements. */
function stepsOf(elements: readonly Tensor[], length: number | undefined): number {
  const steps = length ?? elements[0]?.shape[0];
  if (steps === undefined || !Number.isInteger(steps) || steps < 0) {
    throw new OdeError("INVALID_ARGUMENT", `Cannot trace scan as it needs arrays to go along, or a length that is a whole number >= 0: current length is ${String(length)}`);
  }
  if (elements.some((x) => x.shape[0] !== steps)) throw shapeError("scan", `the arrays to go along must have a first axis of length ${steps}`, elements);
  return steps;
}

/**
 * A loop: `[carry, y] = f(carry, x)` for each entry `x` along the first axis of `xs`, from `init` on. Returns the last carry
 * and the `y` of all steps, stacked. `init`, `xs` and the `y` of `f` are arrays or lists of arrays; the carry keeps its shapes.
 * Without arrays to go along, `xs` is `[]` and `length` says how many steps.
 *
 * `f` is traced and compiled once, whatever the length, so a loop of 10^5 steps costs no more to compile than one of 10. What
 * `f` captures stays differentiable. Derivatives are loops, too: over the carries of all steps, which they store.
 *
 * @throws OdeError `SHAPE_MISMATCH` when the carry changes its shapes or their number, or `xs` have different lengths, `INVALID_ARGUMENT` without a length.
 */
export function scan<C extends Arrays, X extends Arrays, Y extends Arrays>(f: (carry: C, x: X) => readonly [carry: C, y: Y], init: C, xs: X, length?: number): [carry: C, ys: Y] {
  const [start, elements] = [listOf(init), listOf(xs)];
  const steps = stepsOf(elements, length);
  let form: Y | undefined;
  let carries = 0;
  const body = trace((...args) => {
    const pair: unknown = f(inFormOf(init, args.slice(0, start.length)), inFormOf(xs, args.slice(start.length)));
    if (!Array.isArray(pair) || pair.length !== 2) throw new OdeError("INVALID_TRACE", "Cannot trace scan as its function must return a pair [carry, y]: it does not");
    const [next, y] = pair as unknown as readonly [carry: C, y: Y];
    form = y;
    carries = listOf(next).length;
    return [...listOf(next), ...listOf(y)];
  }, [...start.map((x) => x.shape), ...elements.map((x) => x.shape.slice(1))]);
  if (carries !== start.length || start.some((x, k) => !sameShape(x.shape, body.outputs[k].shape))) {
    throw shapeError("scan", `the carry must keep its shapes ${start.map((x) => `[${x.shape.join(", ")}]`).join(" and ")}`, body.outputs.slice(0, carries));
  }
  const { programs, captured } = close([body]);
  const attrs: ScanAttrs = { program: programs[0], constants: captured.length, carries: start.length, length: steps, reverse: false };
  const parts = run(attrs, [...captured, ...start, ...elements]);
  return [inFormOf(init, parts.slice(0, start.length)), inFormOf(form!, parts.slice(start.length))];
}
