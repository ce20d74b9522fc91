import { reshape } from "../broadcast.ts";
import { contract } from "../contract.ts";
import { elementwise } from "../elementwise.ts";
import { concat, padBlock, slice } from "../shape-ops.ts";
import { constant, input, makeNode, tracing, type Tensor } from "../tensor.ts";
import type { Program } from "../trace.ts";
import { asOuterProduct, fuseProducts } from "./fuse-products.ts";
import { cut } from "./schedule.ts";

/** A program without the outer products that are added to one of its outputs. */
export interface DeferredProducts {
  /** A last output holds the factors of the products, flat; the output lacks their sum. */
  readonly program: Program;
  /** What the output lacks after several runs, of their factors `[rounds * size]`. */
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
    const factors = concat(products.flatMap((product) => product.factors.map((x) => reshape(x, [x.size]))));
    return {
      program: { inputs, outputs: [...outputs.map((y, k) => (k === output ? total(rest) : y)), factors] },
      sum: (rounds) => tracing(() => {
        const kept = input("factors", [rounds * factors.size]);
        const rows = reshape(kept, [rounds, factors.size]);
        let from = 0;
        const take = (x: Tensor): Tensor => {
          from += x.size;
          return reshape(slice(rows, from - x.size, from, 1), [rounds, ...x.shape]);
        };
        return { inputs: [kept], outputs: [total(products.map(({ offset, factors: [x, y] }) => ({ node: contract("rki,rkj->ij", take(x), take(y)), offset })))] };
      }),
    };
  });
}
