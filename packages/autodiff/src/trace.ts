import { OdeError, shown } from "@fluxion/ode-core";
import { input, inputPrimitive, Tensor, tracing, withArgs, type Shape } from "./tensor.ts";
import { readingComparisons } from "./unread-comparisons.ts";

/** A traced function: its outputs as expressions of its inputs, and of captured tensors of an enclosing trace. */
export interface Program {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/** Runs `f` once on unknowns of the given shapes. @throws OdeError `INVALID_TRACE` when it does not return traced arrays. */
export function trace(f: (...args: Tensor[]) => readonly Tensor[], shapes: readonly Shape[], names: readonly string[] = []): Program {
  return tracing(() => {
    const wrong = shapes.findIndex((shape) => !Array.isArray(shape));
    if (wrong >= 0) throw new OdeError("INVALID_ARGUMENT", `Cannot trace the function as the shape of each argument must be a list of sizes, [] for a number: shape ${wrong} is ${shown(shapes[wrong])}`);
    const inputs = shapes.map((shape, i) => input(names[i] ?? `x${i}`, shape));
    const outputs = readingComparisons(() => f(...inputs));
    if (!Array.isArray(outputs) || outputs.some((y) => !(y instanceof Tensor))) {
      throw new OdeError("INVALID_TRACE", `Cannot trace the function as it must return traced arrays: it returned ${String(Array.isArray(outputs) ? outputs.map(typeName).join(", ") : typeName(outputs))}`);
    }
    return { inputs, outputs };
  });
}

const typeName = (x: unknown): string => {
  if (Array.isArray(x)) return "a list (stack([...]) makes one array of scalars, concat([...]) of vectors)";
  return x === null ? "null" : x instanceof Tensor ? "a tensor" : typeof x;
};

/** Every node that `roots` need, arguments before users. `stop` nodes are listed but not entered. */
export function topological(roots: readonly Tensor[], stop?: ReadonlySet<Tensor>): Tensor[] {
  const seen = new Set<Tensor>();
  const order: Tensor[] = [];
  const pending: [node: Tensor, next: number][] = [];
  const visit = (node: Tensor): void => {
    if (seen.has(node)) return;
    seen.add(node);
    pending.push([node, 0]);
  };
  for (const root of roots) {
    visit(root);
    while (pending.length > 0) {
      const top = pending[pending.length - 1];
      const args = stop?.has(top[0]) ? [] : top[0].args;
      if (top[1] < args.length) visit(args[top[1]++]);
      else order.push(pending.pop()![0]);
    }
  }
  return order;
}

/** The nodes among `order` (a topological order) that depend on one of `sources`, these included. */
export function dependents(order: readonly Tensor[], sources: readonly Tensor[]): Set<Tensor> {
  const found = new Set<Tensor>(sources);
  for (const node of order) if (node.args.some((x) => found.has(x))) found.add(node);
  return found;
}

/** The nodes from which a program's outputs depend on its inputs, without these, arguments before users. */
export function between({ inputs, outputs }: Program): Tensor[] {
  const sources = new Set(inputs);
  const order = topological(outputs, sources);
  const depends = dependents(order, inputs);
  return order.filter((node) => depends.has(node) && !sources.has(node));
}

/** The outputs of `program` with its inputs replaced by `args`, and nodes of `known` by what is known to be equal. */
export function substitute({ inputs, outputs }: Program, args: readonly Tensor[], known: ReadonlyMap<Tensor, Tensor> = new Map()): Tensor[] {
  const value = new Map<Tensor, Tensor>([...known, ...inputs.map((x, i) => [x, args[i]] as const)]);
  for (const node of between({ inputs: [...value.keys()], outputs })) {
    value.set(node, withArgs(node, node.args.map((x) => value.get(x) ?? x)));
  }
  return outputs.map((y) => value.get(y) ?? y);
}

/**
 * The captured tensors of `program`: the outermost nodes that do not depend on its inputs but on unknowns of an
 * enclosing trace. (Constants are left where they are.)
 */
export function captures({ inputs, outputs }: Program): Tensor[] {
  const order = topological(outputs);
  const inner = dependents(order, inputs);
  const open = dependents(order, order.filter((x) => x.primitive === inputPrimitive && !inner.has(x)));
  const found = new Set<Tensor>();
  for (const node of order) if (inner.has(node)) for (const x of node.args) if (open.has(x) && !inner.has(x)) found.add(x);
  for (const y of outputs) if (open.has(y) && !inner.has(y)) found.add(y);
  return [...found];
}
