import { OdeError } from "@fluxion/ode-core";
import type { Tensor } from "./tensor.ts";

/**
 * Comparisons that no operation has read yet, with the depth of their trace. JavaScript takes every object for true and asks nobody: all that a branch on a comparison,
 * `if (greater(x, y))`, leaves behind is that nothing reads it.
 */
const unread = new Map<Tensor, number>();
let depth = 0;

/** Tells of a comparison that was made. */
export function compared(node: Tensor): Tensor {
  if (depth > 0) unread.set(node, depth);
  return node;
}

/** Tells what an operation reads. */
export function read(args: readonly Tensor[]): void {
  if (unread.size > 0) for (const x of args) unread.delete(x);
}

/** Runs `f`, a user's function. @throws OdeError `INVALID_TRACE` when nothing reads a comparison that it makes, nor is it returned. */
export function readingComparisons(f: () => readonly Tensor[]): readonly Tensor[] {
  depth++;
  try {
    const outputs = f();
    if (Array.isArray(outputs)) read(outputs);
    if ([...unread.values()].includes(depth)) {
      throw new OdeError("INVALID_TRACE", "Cannot trace the function as an operation must read the result of each comparison (where, cond, mul, ...): nothing reads that of a greater(x, y). In a JavaScript branch, if (greater(x, y)), it is always true");
    }
    return outputs;
  } finally {
    for (const [node, at] of unread) if (at >= depth) unread.delete(node);
    depth--;
  }
}
