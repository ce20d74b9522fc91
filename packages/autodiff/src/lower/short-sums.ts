import { broadcastAxes, reshape } from "../broadcast.ts";
import { contractPrimitive, type Labels } from "../contract.ts";
import { elementwise, mul } from "../elementwise.ts";
import { sliceBlock, transpose } from "../shape-ops.ts";
import { constantValue, makeNode, withArgs, type Tensor } from "../tensor.ts";
import type { Replacement } from "./rewrite.ts";

/** Sums of so many products are written out. */
const shortest = 4;

/** Whether a contraction adds up few products, but some, for each result, along the last axis of both operands and of nothing else. */
export function isShortSum({ primitive, args: [x], attrs }: Tensor): boolean {
  if (primitive !== contractPrimitive) return false;
  const { a, b, out } = attrs as Labels;
  const summed = [...a].filter((letter) => !out.includes(letter));
  const length = x.shape.at(-1) ?? 0;
  return summed.length === 1 && a.endsWith(summed[0]) && b.endsWith(summed[0]) && length > 0 && length <= shortest;
}

/** Entry `k` of the last axis of `x`, with the axes of the result, whose letters are `out`. */
function entry(x: Tensor, letters: string, k: number, out: string, shape: readonly number[]): Tensor {
  const whole = x.shape.slice(0, -1);
  const part = reshape(sliceBlock(x, [...whole.map(() => 0), k], [...whole, 1]), whole);
  const own = letters.slice(0, -1);
  const ordered = [...out].filter((letter) => own.includes(letter));
  return broadcastAxes(transpose(part, ordered.map((letter) => own.indexOf(letter))), shape, ordered.map((letter) => out.indexOf(letter)));
}

function writtenOut(node: Tensor, args: readonly Tensor[]): Tensor {
  const { a, b, out } = node.attrs as Labels;
  const [x, y] = args;
  const factors = Array.from({ length: x.shape.at(-1)! }, (_, k) => [entry(x, a, k, out, node.shape), entry(y, b, k, out, node.shape)]);
  // What is known to be zero would vanish, with what is no number on the other side.
  if (factors.flat().some((factor) => constantValue(factor) === 0)) return withArgs(node, args);
  return factors.slice(1).reduce((sum, pair) => makeNode(elementwise.multiplyAdd, [...pair, sum], {}), mul(factors[0][0], factors[0][1]));
}

/**
 * Makes operations on whole arrays, which fuse with those around them, of products with short sums: those of the first layer of a network with few
 * inputs, for instance.
 */
export const writtenOutShortSums = (order: readonly Tensor[]): [Tensor, Replacement][] =>
  order.filter(isShortSum).map((node) => [node, { needs: node.args, make: (value) => value.set(node, writtenOut(node, node.args.map((x) => value.get(x)!))) }]);
