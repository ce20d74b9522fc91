import { reshape } from "../broadcast.ts";
import { contract } from "../contract.ts";
import { elementwise } from "../elementwise.ts";
import { padBlock, slice } from "../shape-ops.ts";
import { constant, input, makeNode, tracing, type Tensor } from "../tensor.ts";
import type { Program } from "../trace.ts";
import { fuseProducts } from "./fuse-products.ts";
import { asOuterProduct } from "./outer-products.ts";
import { cut } from "./schedule.ts";
import { gapBehind } from "./spacing.ts";

/** A program without the outer products that are added to one of its outputs. */
export interface DeferredProducts {
  /** Further outputs hold the factors of the products; the output lacks their sum. */
  readonly program: Program;
  /** For each factor, how many numbers lie from where one run puts it to where the next one does. */
  readonly spacings: readonly number[];
  /** What the output lacks after several runs, of each factor of all of them. */
  sum(rounds: number): Program;
}

/**
 * Takes the outer products out of an output of parts of a vector, the gradient by a vector of parameters for instance: those of
 * several runs are then added up in one pass over the output. Null when there are none.
 */
export function deferProducts(source: Program, output: number): DeferredProducts | null {
  return tracing(() => {
    const { inputs, outputs } = fuseProducts(source);
    const { size } = outputs[output];
    const own = cut(outputs).filter((piece) => piece.output === output);
    const products = own.flatMap(({ node, offset }) => {
      const factors = asOuterProduct(node);
      return factors ? [{ node, offset, factors }] : [];
    });
    if (products.length === 0) return null;
    const total = (parts: readonly { readonly node: Tensor; readonly offset: number }[]): Tensor =>
      parts.map(({ node, offset }) => padBlock(reshape(node, [node.size]), [offset], [size])).reduce((x, y) => makeNode(elementwise.add, [x, y], {}), constant(0, [size]));
    const rest = own.filter(({ node }) => !products.some((product) => product.node === node));
    const factors = products.flatMap((product) => product.factors);
    const spacings = factors.map((factor) => factor.size + gapBehind(factor));
    return {
      program: { inputs, outputs: [...outputs.map((y, k) => (k === output ? total(rest) : y)), ...factors] },
      spacings,
      sum: (rounds) => tracing(() => {
        const kept = spacings.map((numbers, k) => input(`factor${k}`, [rounds * numbers]));
        const rows = factors.map((factor, k) => reshape(slice(reshape(kept[k], [rounds, spacings[k]]), 0, factor.size, 1), [rounds, ...factor.shape]));
        return { inputs: kept, outputs: [total(products.map(({ offset }, i) => ({ node: contract("rki,rkj->ij", rows[2 * i], rows[2 * i + 1]), offset })))] };
      }),
    };
  });
}
