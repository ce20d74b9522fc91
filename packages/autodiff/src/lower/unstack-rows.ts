import { broadcastAxes, broadcastPrimitive, reshape, sumPrimitive } from "../broadcast.ts";
import { elementwise, isElementwise } from "../elementwise.ts";
import { concat, sliceBlock } from "../shape-ops.ts";
import { constant, constantValue, makeNode, sizeOf, tracing, withArgs, type Shape, type Tensor } from "../tensor.ts";
import { topological, type Program } from "../trace.ts";

/** Arrays of up to so many rows are taken apart. */
const mostRows = 16;
/** Shorter rows fill too few vectors. */
const shortestRow = 8;

/** How many rows an array has, its last axis being a row. */
const rowCount = (shape: Shape): number => sizeOf(shape.slice(0, -1));

/** The lengths of rows of which no array has too many: taking only some of the arrays apart would join no loops. */
function lengthsToUnstack(order: readonly Tensor[]): Set<number> {
  const most = new Map<number, number>();
  for (const { shape } of order.filter(isElementwise)) {
    const length = shape.at(-1) ?? 1;
    most.set(length, Math.max(most.get(length) ?? 0, rowCount(shape)));
  }
  return new Set([...most].flatMap(([length, rows]) => (length >= shortestRow && rows > 1 && rows <= mostRows ? [length] : [])));
}

/** Whether a node adds up all rows of its argument, and they are few. */
function isSumOfRows({ primitive, args: [x], attrs, shape }: Tensor): boolean {
  return primitive === sumPrimitive && !(attrs.axes as readonly number[]).includes(x.shape.length - 1) && rowCount(shape) === 1 && rowCount(x.shape) >= 1 && rowCount(x.shape) <= mostRows;
}

/** The index of row `i` along all axes but the last. */
function rowIndex(shape: Shape, i: number): number[] {
  const index: number[] = [];
  for (let d = shape.length - 2, rest = i; d >= 0; d--) {
    index.unshift(rest % shape[d]);
    rest = Math.floor(rest / shape[d]);
  }
  return index;
}

/** Row `i` of `x`, which was not taken apart. */
function rowOf(x: Tensor, i: number): Tensor {
  const n = x.shape.at(-1)!;
  const value = constantValue(x);
  if (value !== undefined) return constant(value, [n]);
  const index = rowIndex(x.shape, i);
  if (x.primitive !== broadcastPrimitive) return reshape(sliceBlock(x, [...index, 0], [...index.map(() => 1), n]), [n]);
  const [source] = x.args;
  const axes = x.attrs.axes as readonly number[];
  const isWhole = axes.at(-1) === x.shape.length - 1;
  const part = sliceBlock(source, axes.map((axis) => index[axis] ?? 0), axes.map((axis) => (axis < index.length ? 1 : n)));
  return broadcastAxes(reshape(part, isWhole ? [n] : []), [n], isWhole ? [0] : []);
}

/**
 * Takes operations on a few long rows, and sums of such rows, apart into operations on single rows, which share their loops with all other operations on such rows: what
 * the rows have in common is loaded once, and fewer loops wait for one another.
 */
export function unstackRows(program: Program): Program {
  const { inputs, outputs } = program;
  const order = topological(outputs);
  const lengths = lengthsToUnstack(order);
  if (lengths.size === 0) return program;
  return tracing(() => {
    const value = new Map<Tensor, Tensor>(inputs.map((x) => [x, x]));
    const rowsOf = new Map<Tensor, readonly Tensor[]>();
    const rowOfValue = (x: Tensor, i: number): Tensor => rowsOf.get(x)?.[i] ?? rowOf(x, i);
    for (const node of order) {
      if (value.has(node)) continue;
      const args = node.args.map((x) => value.get(x)!);
      if (isSumOfRows(node) && lengths.has(node.shape.at(-1)!)) {
        const rows = Array.from({ length: rowCount(node.args[0].shape) }, (_, i) => rowOfValue(args[0], i));
        value.set(node, reshape(rows.reduce((x, y) => makeNode(elementwise.add, [x, y], {})), node.shape));
        continue;
      }
      if (!isElementwise(node) || rowCount(node.shape) <= 1 || !lengths.has(node.shape.at(-1)!)) {
        value.set(node, withArgs(node, args));
        continue;
      }
      const rows = Array.from({ length: rowCount(node.shape) }, (_, i) => makeNode(node.primitive, args.map((x) => rowOfValue(x, i)), node.attrs));
      const whole = reshape(concat(rows.map((row) => reshape(row, [1, row.size]))), node.shape);
      rowsOf.set(whole, rows);
      value.set(node, whole);
    }
    return { inputs, outputs: outputs.map((y) => value.get(y)!) };
  });
}
