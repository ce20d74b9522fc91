import { tracing } from "../tensor.ts";
import { topological, type Program } from "../trace.ts";
import { mergedOuterProducts } from "./outer-products.ts";
import { rewrite } from "./rewrite.ts";
import { mergedRowProducts } from "./row-products.ts";
import { writtenOutShortSums } from "./short-sums.ts";

/** Merges matrix products for the backends that generate code for them, and writes out the shortest. Those for the first `early` outputs wait for no others. */
export const fuseProducts = (program: Program, early = 0): Program =>
  tracing(() => {
    const order = topological(program.outputs);
    const first = new Set(topological(program.outputs.slice(0, early)));
    return rewrite(program, new Map([...writtenOutShortSums(order), ...mergedRowProducts(order, first), ...mergedOuterProducts(order, program.outputs)]));
  });
