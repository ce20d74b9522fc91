import { OdeError } from "@fluxion/ode-core";
import type { Kernel } from "./compile.ts";
import type { Program } from "./trace.ts";
import { read } from "./unread-comparisons.ts";

/** Sizes of the axes, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** A traced array, or a number standing for a scalar constant. */
export type TensorLike = Tensor | number;

/** A tangent or cotangent; `null` is a zero that need not be computed. */
export type MaybeZero = Tensor | null;

/**
 * Everything the system knows about one operation: how it acts on shapes, how it is differentiated, batched and computed.
 * Derivative rules are written with traced operations, which is why derivatives nest to any depth.
 * `A` is the type of the static attributes of a node.
 */
export interface Primitive<A = any> {
  readonly name: string;
  /** Shape of the result. @throws OdeError `SHAPE_MISMATCH` */
  shape(args: readonly Tensor[], attrs: A): Shape;
  /** Tangent of the result for one tangent per argument. */
  jvp(tangents: readonly MaybeZero[], node: Tensor): MaybeZero;
  /** Cotangent of each argument for the result's cotangent `g`. */
  vjp(g: Tensor, node: Tensor): readonly MaybeZero[];
  /** The operation with a new leading axis of length `size` on the result and on those arguments that are `batched`. */
  batch(args: readonly Tensor[], batched: readonly boolean[], size: number, attrs: A): Tensor;
  /** Computes the result from row-major arguments into `out`: the reference that every backend is tested against. */
  evaluate(out: Float64Array, args: readonly Float64Array[], node: Tensor): void;
  /** An equal but simpler tensor, if there is one. */
  simplify?(args: readonly Tensor[], attrs: A): Tensor | null;
  /** The sum of `node` over some axes, if it can be had without computing `node`. */
  sumOver?(node: Tensor, axes: readonly number[]): Tensor | null;
  /** Text that tells nodes with different attributes apart; default JSON. */
  key?(attrs: A): string;
  /** Whether its two arguments may be exchanged. */
  readonly commutes?: boolean;
  /** The operation as other ones, where that is how it is compiled. */
  expand?(args: readonly Tensor[], attrs: A): Tensor | null;
  /** The closed programs that the operation runs, and its attributes with others in their place. */
  readonly programs?: { of(attrs: A): readonly Program[]; with(attrs: A, programs: readonly Program[]): A };
  /** What does the work of `evaluate` with programs compiled by a backend's own compiler. */
  prepare?(node: Tensor, compile: CompileInner): (out: Float64Array, args: readonly Float64Array[]) => void;
}

/** Compiles a program within another, for the same backend and kind of numbers. `accumulate[k]` tells to add to output k. */
export type CompileInner = (program: Program, accumulate: readonly boolean[]) => Kernel;

/** What takes an entry of an array: the file that has it imports this one. */
export const iteration: { at: (x: Tensor, i: number) => Tensor } = {
  at: () => {
    throw new OdeError("INVALID_TRACE", "Cannot take a traced array apart as the operations on shapes must be loaded: they are not");
  },
};

/** One node of a traced program: an array whose value is not known yet. Immutable: operations copy the lists that they are given. Equal nodes of a trace are one object. */
export class Tensor {
  readonly id: number;
  readonly primitive: Primitive;
  readonly args: readonly Tensor[];
  readonly attrs: any;
  readonly shape: Shape;

  /** Use the operations of this package, or {@link makeNode} from a primitive's file. */
  constructor(id: number, primitive: Primitive, args: readonly Tensor[], attrs: unknown, shape: Shape) {
    this.id = id;
    this.primitive = primitive;
    this.args = args;
    this.attrs = attrs;
    this.shape = shape;
  }

  /** Number of entries. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /**
   * Its entries along the first axis, those of `at`: for `const [x, v] = u`, `for (const x of u)` and `[...u]`.
   *
   * @throws OdeError `SHAPE_MISMATCH` for a scalar, which has none.
   */
  *[Symbol.iterator](): IterableIterator<Tensor> {
    const [size] = this.shape;
    if (size === undefined) throw new OdeError("SHAPE_MISMATCH", `Cannot take a traced array apart as it must have a first axis: it is ${describe(this)}`);
    for (let i = 0; i < size; i++) yield iteration.at(this, i);
  }

  /** Comparing or adding a traced array with JavaScript's own operators would freeze one branch into the program. */
  [Symbol.toPrimitive](): never {
    throw new OdeError(
      "INVALID_TRACE",
      `Cannot use a traced array in a JavaScript expression or branch as its value is not known while tracing (use add, mul, where, ...): it is ${describe(this)}`,
    );
  }
}

// `x[0]`, which types refuse, would be undefined and fail somewhere else.
for (let i = 0; i < 10; i++) {
  Object.defineProperty(Tensor.prototype, i, {
    get(this: Tensor): never {
      throw new OdeError("INVALID_TRACE", `Cannot read entry ${i} of a traced array by [${i}] (entry i of x is at(x, i)): it is ${describe(this)}`);
    },
  });
}

/** Number of entries of an array of this shape. */
export const sizeOf = (shape: Shape): number => shape.reduce((n, s) => n * s, 1);

/** `matmul[3, 4]`: for error messages. */
export const describe = (x: Tensor): string => `${x.primitive.name}[${x.shape.join(", ")}]`;

/** Same rank and sizes. */
export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((s, i) => s === b[i]);

/** The error for arguments of `name` whose shapes do not fit. */
export function shapeError(name: string, needed: string, args: readonly Tensor[]): OdeError {
  const found = args.map((a) => `[${a.shape.join(", ")}]`).join(" and ");
  const current = args.length > 0 ? `current shape${args.length > 1 ? "s are" : " is"} ${found}` : "it has no arguments";
  return new OdeError("SHAPE_MISMATCH", `Cannot trace ${name} as ${needed}: ${current}`);
}

let nextId = 0;
let table: Map<string, Tensor> | null = null;

/** Runs `f` so that equal nodes made in it become one (common subexpressions). Nested calls share the outer table. */
export function tracing<R>(f: () => R): R {
  if (table) return f();
  table = new Map();
  try {
    return f();
  } finally {
    table = null;
  }
}

/** Equal for equal nodes. */
function keyOf<A>(primitive: Primitive<A>, args: readonly Tensor[], attrs: A): string {
  let key = `${primitive.name}|${primitive.key ? primitive.key(attrs) : JSON.stringify(attrs)}`;
  if (primitive.commutes && args[0].id > args[1].id) return `${key}|${args[1].id}|${args[0].id}`;
  for (let i = 0; i < args.length; i++) key += `|${args[i].id}`;
  return key;
}

/** The node of `primitive` applied to `args`: shape-checked, simplified, and shared with equal nodes of the trace. */
export function makeNode<A>(primitive: Primitive<A>, args: readonly Tensor[], attrs: A): Tensor {
  read(args);
  // Before any simplification, which may assume that the arguments fit.
  const shape = primitive.shape(args, attrs);
  if (!shape.every((s) => Number.isInteger(s) && s >= 0)) throw shapeError(primitive.name, `sizes must be whole numbers >= 0, not [${shape.join(", ")}]`, args);
  return sharedNode(primitive, args, attrs, shape);
}

function sharedNode<A>(primitive: Primitive<A>, args: readonly Tensor[], attrs: A, shape: Shape): Tensor {
  const key = table && keyOf(primitive, args, attrs);
  const known = key === null ? undefined : table!.get(key);
  if (known) return known;
  // Looked up first, as simplifying may walk down shared arguments.
  const node = primitive.simplify?.(args, attrs) ?? new Tensor(nextId++, primitive, args, attrs, shape);
  if (key !== null) table!.set(key, node);
  return node;
}

/** `node` with other arguments of the same shapes; itself if they are the same. */
export const withArgs = (node: Tensor, args: readonly Tensor[]): Tensor =>
  args.every((x, i) => x === node.args[i]) ? node : sharedNode(node.primitive, args, node.attrs, node.shape);

const leaf = <A>(name: string, shape: (attrs: A) => Shape, rest: Pick<Primitive<A>, "evaluate" | "key">): Primitive<A> => ({
  name,
  shape: (_args, attrs) => shape(attrs),
  jvp: () => null,
  vjp: () => [],
  batch: () => {
    throw new OdeError("INVALID_TRACE", `Cannot batch ${name} as it has no arguments`);
  },
  ...rest,
});

/** An unknown: a function argument while it is traced, bound to a value by substitution or at run time. */
export const inputPrimitive: Primitive<{ readonly slot: number; readonly shape: Shape; readonly name: string }> = leaf("input", (a) => a.shape, {
  evaluate: (_out, _args, node) => {
    throw new OdeError("INVALID_TRACE", `Cannot evaluate input "${node.attrs.name}" as it is not an argument of the compiled function: was a traced array kept from another trace?`);
  },
});

/** A number as text that keeps the sign of zero. */
export const signed = (x: number): string => (Object.is(x, -0) ? "-0" : String(x));

/** All entries equal. */
export const constantPrimitive: Primitive<{ readonly value: number; readonly shape: Shape }> = leaf("constant", (a) => a.shape, {
  evaluate: (out, _args, node) => void out.fill(node.attrs.value as number),
  key: (a) => `${signed(a.value)}:${a.shape.join()}`,
});

/** Fixed data. */
export const literalPrimitive: Primitive<{ readonly data: Float64Array; readonly shape: Shape }> = leaf("literal", (a) => a.shape, {
  evaluate: (out, _args, node) => void out.set(node.attrs.data as Float64Array),
  key: (a) => `${a.shape.join()}:${Array.from(a.data, signed).join()}`,
});

/** A fresh unknown of the given shape. */
export const input = (name: string, shape: Shape): Tensor => makeNode(inputPrimitive, [], { slot: nextId++, shape: [...shape], name });

/** An array with every entry equal to `value`. */
export const constant = (value: number, shape: Shape = []): Tensor => makeNode(constantPrimitive, [], { value, shape: [...shape] });

/** The common entry of a {@link constant}, else undefined. */
export const constantValue = (x: Tensor): number | undefined => (x.primitive === constantPrimitive ? (x.attrs.value as number) : undefined);

/** Whether the value is known while tracing, without computing anything. */
export const isFixed = (x: Tensor): boolean => x.primitive === constantPrimitive || x.primitive === literalPrimitive;

/** Nested plain arrays of numbers. */
export type NestedArray = number | readonly NestedArray[];

/**
 * A constant array from numbers, nested as deep as it has axes, or from a typed array (one axis).
 *
 * @throws OdeError `SHAPE_MISMATCH` for ragged nesting, `INVALID_ARGUMENT` for what is no number.
 */
export function tensor(values: NestedArray | Float64Array): Tensor {
  const { data, shape } = numbersOf(values);
  return literal(data, shape);
}

/** The numbers of nested arrays, row-major, and how they are nested. @throws OdeError as {@link tensor} does. */
export function numbersOf(values: NestedArray | Float64Array): { readonly data: Float64Array; readonly shape: Shape } {
  if (values instanceof Float64Array) return { data: values, shape: [values.length] };
  const shape: number[] = [];
  for (let v: unknown = values; isList(v); v = v[0]) {
    shape.push(v.length);
    if (v.length === 0) break;
  }
  const flat: number[] = [];
  const visit = (v: unknown, depth: number): void => {
    if (typeof v !== "number" && !isList(v)) {
      throw new OdeError("INVALID_ARGUMENT", `Cannot make a tensor as its entries must be numbers: got ${typeof v === "string" ? `the string ${JSON.stringify(v)}` : String(v)}`);
    }
    if (typeof v === "number" ? depth !== shape.length : v.length !== shape[depth]) {
      throw new OdeError("SHAPE_MISMATCH", `Cannot make a tensor as its rows must have equal lengths: expected shape [${shape.join(", ")}]`);
    }
    if (typeof v === "number") flat.push(v);
    else for (let i = 0; i < v.length; i++) visit(v[i], depth + 1);
  };
  visit(values, 0);
  return { data: Float64Array.from(flat), shape };
}

const isList = (v: unknown): v is ArrayLike<unknown> => Array.isArray(v) || ArrayBuffer.isView(v);

/** A constant array of the given shape, row-major. */
export function literal(data: Float64Array, shape: Shape): Tensor {
  if (data.length === 1 || (data.length > 0 && data.every((x) => Object.is(x, data[0])))) return constant(data[0], shape);
  return makeNode(literalPrimitive, [], { data: data.slice(), shape });
}

/** Numbers become scalar constants. @throws OdeError `INVALID_TRACE` for anything else, `x[0]` of a traced array for instance. */
export function asTensor(x: TensorLike): Tensor {
  if (typeof x === "number") return constant(x);
  if (x instanceof Tensor) return x;
  throw new OdeError("INVALID_TRACE", `Cannot trace an operation as its arguments must be traced arrays or numbers (entry i of an array is at(x, i)): got ${x === null ? "null" : isList(x) ? `${Object(x).constructor.name}: tensor(values) makes a constant array of it` : typeof x}`);
}
