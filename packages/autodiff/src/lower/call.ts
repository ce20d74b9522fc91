import type { CompileInner, Tensor } from "../tensor.ts";

/** What computes a node on whole arrays: its own programs, if it has any, compiled by the backend that runs it. */
export function callOf(node: Tensor, compile: CompileInner): (out: Float64Array, args: readonly Float64Array[]) => void {
  const { primitive } = node;
  return primitive.prepare?.(node, compile) ?? ((out, args) => primitive.evaluate(out, args, node));
}
