import { withArgs, type Tensor } from "../tensor.ts";
import type { Program } from "../trace.ts";

/** What takes the place of a node. */
export interface Replacement {
  /** The nodes whose values it is made of. */
  readonly needs: readonly Tensor[];
  /** Makes it, and perhaps that of others with the same needs; writes each as the value of its node. */
  make(value: Map<Tensor, Tensor>): void;
}

/** The program with some nodes replaced, in one pass: none of them may need a node that needs it. */
export function rewrite({ inputs, outputs }: Program, replacements: ReadonlyMap<Tensor, Replacement>): Program {
  if (replacements.size === 0) return { inputs, outputs };
  const value = new Map<Tensor, Tensor>(inputs.map((x) => [x, x]));
  const pending = [...outputs].reverse();
  while (pending.length > 0) {
    const node = pending[pending.length - 1];
    const replacement = replacements.get(node);
    const missing = value.has(node) ? [] : (replacement?.needs ?? node.args).filter((x) => !value.has(x));
    if (missing.length > 0) {
      pending.push(...missing.reverse());
      continue;
    }
    pending.pop();
    if (value.has(node)) continue;
    if (replacement) replacement.make(value);
    else value.set(node, withArgs(node, node.args.map((x) => value.get(x)!)));
  }
  return { inputs, outputs: outputs.map((y) => value.get(y)!) };
}
