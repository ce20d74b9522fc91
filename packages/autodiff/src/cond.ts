import { batchAll, broadcastAxes, broadcastPrimitive, repeat, reshape } from "./broadcast.ts";
import { where } from "./elementwise.ts";
import { interpret } from "./interpreter.ts";
import { pushforward } from "./jvp.ts";
import { move, packedKernel } from "./lower/packed-kernel.ts";
import { pack, totalSize, unpack, unpackCotangent } from "./pack.ts";
import { close, inFormOf, listOf, programId, type Arrays } from "./subprogram.ts";
import { asTensor, constant, constantValue, input, isFixed, makeNode, sameShape, shapeError, tracing, type CompileInner, type MaybeZero, type Primitive, type Shape, type Tensor, type TensorLike } from "./tensor.ts";
import { substitute, trace, type Program } from "./trace.ts";
import { batchOutputs } from "./vmap.ts";
import { cotangentsOf } from "./vjp.ts";

/** Two programs with equal inputs and outputs, of which one is run: the first where the condition is not 0. */
interface CondAttrs {
  readonly branches: readonly [onTrue: Program, onFalse: Program];
}

const both = <T>(f: (i: 0 | 1) => T): [T, T] => [f(0), f(1)];
const shapesOf = ({ branches: [{ outputs }] }: CondAttrs): Shape[] => outputs.map((y) => y.shape);

/** The outputs of a branch on the same condition as `node`. */
const again = (node: Tensor, branches: CondAttrs["branches"], args: readonly Tensor[]): Tensor[] =>
  unpack(makeNode(condPrimitive, [node.args[0], ...args], { branches }), shapesOf({ branches }));

/** Programs with the outputs that are not null in either of them, and which these are. */
function union(inputs: readonly Tensor[], outputs: readonly [readonly MaybeZero[], readonly MaybeZero[]], shapes: readonly Shape[]): { branches: CondAttrs["branches"]; present: boolean[] } {
  const present = shapes.map((_, k) => outputs[0][k] !== null || outputs[1][k] !== null);
  const branches = both((i) => ({ inputs, outputs: shapes.flatMap((shape, k) => (present[k] ? [outputs[i][k] ?? constant(0, shape)] : [])) }));
  return { branches, present };
}

/** The programs of both branches on the same inputs. */
const aligned = ({ branches: [first, second] }: CondAttrs): [Program, Program] => [first, { inputs: first.inputs, outputs: substitute(second, first.inputs) }];

function tangentOf([, ...tangents]: readonly MaybeZero[], node: Tensor): MaybeZero {
  const branches = aligned(node.attrs as CondAttrs);
  const [{ inputs }] = branches;
  const unknown = inputs.map((x, i) => (tangents[i] ? input("tangent", x.shape) : null));
  const given = unknown.filter((d) => d !== null);
  const shapes = shapesOf({ branches });
  const { branches: derived, present } = union([...inputs, ...given], both((i) => pushforward(branches[i], unknown)), shapes);
  if (!present.includes(true)) return null;
  const parts = again(node, derived, [...node.args.slice(1), ...tangents.filter((d) => d !== null)]);
  const leading = node.args[0].shape;
  return pack(shapes.map((shape, k) => (present[k] ? parts.shift()! : constant(0, [...leading, ...shape]))), leading);
}

function cotangentsFor(g: Tensor, node: Tensor): MaybeZero[] {
  const branches = aligned(node.attrs as CondAttrs);
  const [{ inputs }] = branches;
  const given = unpackCotangent(g, shapesOf({ branches }));
  const seeds = branches[0].outputs.flatMap((y, k) => (given[k] ? [input("cotangent", y.shape)] : []));
  const pulled = both((i) => {
    const total = cotangentsOf({ inputs, outputs: branches[i].outputs.filter((_, k) => given[k]) }, seeds);
    return inputs.map((x) => total.get(x) ?? null);
  });
  const { branches: derived, present } = union([...inputs, ...seeds], pulled, inputs.map((x) => x.shape));
  const parts = again(node, derived, [...node.args.slice(1), ...given.filter((d) => d !== null)]);
  return [null, ...present.map((flag) => (flag ? parts.shift()! : null))];
}

/** Both branches on whole batches, when all entries of the batch have one condition. */
function batchedTogether([pred, ...args]: readonly Tensor[], flags: readonly boolean[], size: number, attrs: CondAttrs): Tensor {
  const inputs = aligned(attrs)[0].inputs.map((x, i) => input("batched", flags[i] ? [size, ...x.shape] : x.shape));
  const outputs = attrs.branches.map((branch) => batchOutputs(branch, inputs, flags, size));
  const mapped = outputs[0].map((y, k) => y.batched || outputs[1][k].batched);
  const branches = both((i) => ({ inputs, outputs: outputs[i].map((y, k) => (mapped[k] && !y.batched ? repeat(y.x, size) : y.x)) }));
  const parts = unpack(makeNode(condPrimitive, [pred, ...args], { branches }), shapesOf({ branches }));
  return pack(parts.map((y, k) => (mapped[k] ? y : repeat(y, size))), [size]);
}

/** Entries with conditions of their own; batches of batches are one batch. */
function batchedApart(args: readonly Tensor[], flags: readonly boolean[], size: number, attrs: CondAttrs): Tensor {
  const all = batchAll(args, flags, size);
  const [pred] = all;
  if (pred.shape.length === 1) return makeNode(condPrimitive, all, attrs);
  const [outer, inner] = pred.shape;
  const merged = all.map((x) => reshape(x, [outer * inner, ...x.shape.slice(2)]));
  return reshape(makeNode(condPrimitive, merged, attrs), [outer, inner, totalSize(shapesOf(attrs))]);
}

/** `x` without its leading axis, if it is only repeated along it. */
function unrepeated(x: Tensor): Tensor | null {
  const value = constantValue(x);
  if (value !== undefined) return constant(value, x.shape.slice(1));
  const axes = x.attrs.axes as readonly number[];
  return x.primitive === broadcastPrimitive && !axes.includes(0) ? broadcastAxes(x.args[0], x.shape.slice(1), axes.map((a) => a - 1)) : null;
}

/** Both branches for all entries of a batch, and a choice between their results. */
function chosen([pred, ...args]: readonly Tensor[], { branches }: CondAttrs): Tensor {
  const [size] = pred.shape;
  const single = args.map(unrepeated);
  const inputs = args.map((x, i) => single[i] ?? x);
  const flags = single.map((x) => x === null);
  const [yes, no] = branches.map((branch) => batchOutputs(branch, inputs, flags, size).map((y) => (y.batched ? y.x : repeat(y.x, size))));
  return pack(yes.map((y, k) => where(broadcastAxes(pred, y.shape, [0]), y, no[k])), [size]);
}

/** The branches with fixed arguments in the place of their inputs, so that what they make of these is fixed, too; null when there are none. */
function withFixed([pred, ...args]: readonly Tensor[], { branches }: CondAttrs): Tensor | null {
  const open = <T>(list: readonly T[]): T[] => list.filter((_, k) => !isFixed(args[k]));
  if (open(args).length === args.length) return null;
  const reduced = both((i): Program => {
    const { inputs } = branches[i];
    return { inputs: open(inputs), outputs: substitute(branches[i], inputs.map((x, k) => (isFixed(args[k]) ? args[k] : x))) };
  });
  return makeNode(condPrimitive, [pred, ...open(args)], { branches: reduced });
}

function prepare(node: Tensor, compile: CompileInner): (out: Float64Array, args: readonly Float64Array[]) => void {
  const kernels = (node.attrs as CondAttrs).branches.map((branch) => packedKernel(branch, [], compile));
  return (out, args) => {
    const { input: all, output, run } = kernels[args[0][0] !== 0 ? 0 : 1];
    let at = 0;
    for (let i = 1; i < args.length; i++) {
      move(all, at, args[i], 0, args[i].length);
      at += args[i].length;
    }
    run();
    move(out, 0, output, 0, out.length);
  };
}

/**
 * Arguments: the condition, then the inputs of the branches. Result: the outputs of one branch in one vector. With a vector
 * of conditions all arguments have its length as leading axis, and so has the result: then, derivatives choose as late as
 * values do (no entry is ever multiplied by a 0 that stands for "not chosen"), and both branches are computed in the end.
 */
const condPrimitive: Primitive<CondAttrs> = {
  name: "cond",
  key: ({ branches }) => branches.map(programId).join(),
  shape: ([pred], attrs) => [...pred.shape, totalSize(shapesOf(attrs))],
  jvp: (tangents, node) => tracing(() => tangentOf(tangents, node)),
  vjp: (g, node) => tracing(() => cotangentsFor(g, node)),
  batch: (args, flags, size, attrs) =>
    tracing(() => (flags[0] || args[0].shape.length > 0 ? batchedApart(args, flags, size, attrs) : batchedTogether(args, flags.slice(1), size, attrs))),
  simplify: ([pred, ...args], { branches }) => {
    const value = constantValue(pred);
    return value === undefined || pred.shape.length > 0 ? null : pack(substitute(branches[value !== 0 ? 0 : 1], args));
  },
  expand: (args, attrs) => (args[0].shape.length > 0 ? chosen(args, attrs) : withFixed(args, attrs)),
  programs: { of: ({ branches }) => branches, with: (_attrs, [onTrue, onFalse]) => ({ branches: [onTrue, onFalse] }) },
  prepare,
  evaluate: (out, args, node) => prepare(node, interpret)(out, args),
};

/**
 * `onTrue(...args)` where the scalar `condition` is not 0, else `onFalse(...args)`; both return arrays of the same shapes. Only
 * the branch taken is computed. What the branches capture stays differentiable; the condition has no derivative. JavaScript's own
 * `if`, `!`, `&&` and `===` cannot see the values of traced arrays, which are objects: they take one way for all values, silently.
 *
 * Mapped over conditions by `vmap`, both branches are computed for all entries and the results chosen, in derivatives, too: a
 * branch not taken may have any derivative, NaN included. The gradient by an array that all entries share is then held for
 * each entry before it is summed.
 *
 * @throws OdeError `SHAPE_MISMATCH` when the condition is no scalar or the branches return different shapes.
 */
export function cond<R extends Arrays>(condition: TensorLike, onTrue: (...args: Tensor[]) => R, onFalse: (...args: Tensor[]) => R, ...args: readonly Tensor[]): R {
  const pred = asTensor(condition);
  if (pred.shape.length > 0) throw shapeError("cond", "the condition must be a scalar (where chooses entry by entry)", [pred]);
  let form: R | undefined;
  const traced = [onTrue, onFalse].map((f) => trace((...xs) => [...listOf((form = f(...xs)))], args.map((x) => x.shape)));
  const [yes, no] = traced.map(({ outputs }) => outputs);
  if (yes.length !== no.length || yes.some((y, k) => !sameShape(y.shape, no[k].shape))) throw shapeError("cond", "both branches must return the same shapes", [...yes, ...no]);
  const { programs, captured } = close(traced);
  const branches: CondAttrs["branches"] = [programs[0], programs[1]];
  return inFormOf(form!, unpack(makeNode(condPrimitive, [pred, ...captured, ...args], { branches }), shapesOf({ branches })));
}
