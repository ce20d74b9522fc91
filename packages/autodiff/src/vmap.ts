import { OdeError, shown } from "@fluxion/ode-core";
import { repeat } from "./broadcast.ts";
import { makeNode, type Tensor } from "./tensor.ts";
import { between, trace, type Program } from "./trace.ts";

/** A tensor that may have a leading batch axis. */
export interface MaybeBatched {
  readonly x: Tensor;
  readonly batched: boolean;
}

/** The program's outputs with `args[i]` for its inputs, where those `batched` have a leading axis of length `size`. */
export function batchOutputs(program: Program, args: readonly Tensor[], batched: readonly boolean[], size: number): MaybeBatched[] {
  const value = new Map<Tensor, MaybeBatched>(program.inputs.map((x, i) => [x, { x: args[i], batched: batched[i] }]));
  for (const node of between(program)) {
    const own = node.args.map((x) => value.get(x) ?? { x, batched: false });
    const mapped = own.some((v) => v.batched);
    const flags = own.map((v) => v.batched);
    const xs = own.map((v) => v.x);
    value.set(node, {
      x: mapped ? node.primitive.batch(xs, flags, size, node.attrs) : makeNode(node.primitive, xs, node.attrs),
      batched: mapped,
    });
  }
  return program.outputs.map((y) => value.get(y) ?? { x: y, batched: false });
}

/** The same, with the leading axis on every output. */
export const batchProgram = (program: Program, args: readonly Tensor[], batched: readonly boolean[], size: number): Tensor[] =>
  batchOutputs(program, args, batched, size).map((y) => (y.batched ? y.x : repeat(y.x, size)));

/**
 * Maps `f` over the leading axis of its arguments: `vmap(f)(x[m, ...]) = [f(x[0]), ..., f(x[m - 1])]`, as one batched program.
 * `inAxes[i] = null` hands argument `i` to every call as it is. Nests with itself and with the derivatives.
 *
 * @throws OdeError `SHAPE_MISMATCH` when mapped arguments have no leading axis or different ones.
 */
export function vmap(f: (...x: Tensor[]) => Tensor, inAxes?: readonly (0 | null)[]): (...x: Tensor[]) => Tensor {
  return (...x) => {
    if (inAxes && (inAxes.length !== x.length || inAxes.some((axis) => axis !== 0 && axis !== null))) {
      throw new OdeError("INVALID_ARGUMENT", `Cannot vmap as inAxes must have 0 or null for each of ${x.length} arguments: current value is ${shown(inAxes)}`);
    }
    const batched = x.map((_, i) => (inAxes ? inAxes[i] === 0 : true));
    const sizes = new Set(x.filter((_, i) => batched[i]).map((a) => a.shape[0]));
    const size = [...sizes][0];
    if (sizes.size !== 1 || size === undefined) {
      throw new OdeError("SHAPE_MISMATCH", `Cannot vmap as the mapped arguments must share the length of their first axis: current shapes are ${x.map((a) => `[${a.shape.join(", ")}]`).join(" and ")}`);
    }
    const program = trace((...args) => [f(...args)], x.map((a, i) => (batched[i] ? a.shape.slice(1) : a.shape)));
    return batchProgram(program, x, batched, size)[0];
  };
}
