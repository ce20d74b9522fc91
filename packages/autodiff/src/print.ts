import { expand } from "./expand.ts";
import { constantPrimitive, inputPrimitive, literalPrimitive, signed, type Tensor } from "./tensor.ts";
import { topological, type Program } from "./trace.ts";

/**
 * The program as text, one line per operation, as a backend gets it (equal subexpressions shared, dead code gone):
 *
 * ```text
 * inputs %0 : [2, 3], %1 : [3]
 * %2 = contract "ab,b->a" %0 %1 : [2]
 * outputs %2
 * ```
 *
 * The programs of loops and branches follow their operation, indented, with names of their own.
 */
export function print(program: Program): string {
  const { inputs, outputs } = expand(program);
  const name = naming();
  const lines = [`inputs ${inputs.map((x) => `${name(x)} ${typed(x)}`).join(", ")}`.trimEnd()];
  for (const node of topological(outputs)) {
    if (node.primitive === inputPrimitive) continue;
    const words = [node.primitive.name, attributes(node), ...node.args.map(name)].filter((word) => word !== "");
    lines.push(`${name(node)} = ${words.join(" ")} ${typed(node)}`);
    for (const inner of node.primitive.programs?.of(node.attrs) ?? []) lines.push(...print(inner).split("\n").map((line) => `  ${line}`));
  }
  return [...lines, `outputs ${outputs.map(name).join(", ")}`.trimEnd()].join("\n");
}

/** Gives each tensor a name, counted from `%0`. */
export function naming(): (x: Tensor) => string {
  const names = new Map<Tensor, string>();
  return (x) => names.get(x) ?? (names.set(x, `%${names.size}`), names.get(x)!);
}

export const typed = (x: Tensor): string => `: [${x.shape.join(", ")}]`;

/** What distinguishes the node from others of its primitive and arguments. */
export function attributes({ primitive, attrs }: Tensor): string {
  if (primitive === constantPrimitive) return signed(attrs.value as number);
  if (primitive === literalPrimitive) {
    const data = attrs.data as Float64Array;
    return `{${Array.from(data.subarray(0, 8), signed).join(", ")}${data.length > 8 ? ", ..." : ""}}`;
  }
  if (primitive.name === "contract") return `"${attrs.a},${attrs.b}->${attrs.out}"`;
  const programs = primitive.programs?.of(attrs);
  return Object.entries(attrs as Readonly<Record<string, unknown>>)
    .filter(([key, value]) => key !== "shape" && value !== programs && !programs?.includes(value as Program))
    .map(([key, value]) => `${key}=${Array.isArray(value) ? `[${value.join(", ")}]` : String(value)}`)
    .join(" ");
}
