import { isElementwise } from "../elementwise.ts";
import { expand } from "../expand.ts";
import { attributes, naming, typed } from "../print.ts";
import { literalPrimitive, signed, type Tensor } from "../tensor.ts";
import type { Program } from "../trace.ts";
import { lowered } from "./lowered.ts";
import { planMemory } from "./memory-plan.ts";
import { placements, placeOf } from "./placements.ts";
import { outputWriting, schedule } from "./schedule.ts";
import { isContiguous } from "./view.ts";

/**
 * How the program runs in WebAssembly, as text: merged products, one block per loop nest in order, and where results are kept. For the
 * gradient of `sum(tanh(w x))` by `w`:
 *
 * ```text
 * inputs %0 : [3, 2], %1 : [2]
 * arena of 6 numbers
 * contract
 *   %2 = contract "ab,b->a" %0 %1 : [3] -> arena 0
 * loop [3]
 *   %3 = tanh %2 : [3]
 *   %4 = mul %3 %3 : [3]
 *   %5 = sub 1 %4 : [3] -> arena 3
 * contract
 *   %6 = contract "a,b->ab" %5 %1 : [3, 2] -> added to output 0 from 0
 * ```
 *
 * Results without an arrow stay in registers; entries of outputs that are not written are cleared first. An argument that is a window on another array is written `%0[offset; strides]`.
 * The programs of `scan` and `cond` are kernels of their own, not shown here.
 */
export function printPlan(program: Program): string {
  const code = lowered(expand(program));
  const plan = schedule(code);
  const { steps, views, pieces, stored, direct } = plan;
  const { written, cleared } = outputWriting(plan, code.outputs);
  const placed = placements(plan, written);
  const { offsets, size } = planMemory(plan, placed);
  const name = naming();
  const operand = (x: Tensor): string => {
    const { base, value, offset, strides } = views.get(x)!;
    if (base === null) return signed(value);
    const whole = base.primitive === literalPrimitive ? `{${attributes(base).slice(1, -1)}}` : name(base);
    return offset === 0 && base.size === x.size && isContiguous(x.shape, strides) ? whole : `${whole}[${offset}; ${strides.join(", ")}]`;
  };
  const place = (x: Tensor): string => {
    const piece = direct.get(x);
    if (piece) return ` -> ${written.has(piece.output) ? "" : "added to "}output ${piece.output} from ${piece.offset}`;
    if (!stored.has(x)) return "";
    const { owner, offset } = placeOf(placed, x);
    return typeof owner === "number" ? ` -> output ${owner} from ${offset}` : ` -> arena ${offsets.get(owner)! + offset}`;
  };
  const lines = [`inputs ${code.inputs.map((x) => `${name(x)} ${typed(x)}`).join(", ")}`.trimEnd(), `arena of ${size} numbers`];
  for (const { output, offset, size: numbers } of cleared) lines.push(`clear ${numbers} of output ${output} from ${offset}`);
  for (const { nodes } of steps) {
    const [first] = nodes;
    lines.push(isElementwise(first) ? `loop [${first.shape.join(", ")}]` : first.primitive.name);
    for (const node of nodes) {
      const words = [node.primitive.name, attributes(node), ...node.args.map(operand)].filter((word) => word !== "");
      lines.push(`  ${name(node)} = ${words.join(" ")} ${typed(node)}${place(node)}`);
    }
  }
  for (const { output, offset, node } of pieces) {
    const { base } = views.get(node)!;
    if (!direct.has(node) && typeof placed.get(base!)?.owner !== "number") lines.push(`${written.has(output) ? "copy" : "add"} ${operand(node)} to output ${output} from ${offset}`);
  }
  return lines.join("\n");
}
