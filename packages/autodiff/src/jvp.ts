import { OdeError, shown } from "@fluxion/ode-core";
import { constant, sameShape, shapeError, Tensor, type MaybeZero } from "./tensor.ts";
import { between, substitute, trace, type Program } from "./trace.ts";

/** Tangent of every node between the program's inputs and outputs, as expressions of the same unknowns. */
export function tangentsOf(program: Program, tangents: readonly MaybeZero[]): Map<Tensor, MaybeZero> {
  const tangent = new Map<Tensor, MaybeZero>(program.inputs.map((x, i) => [x, tangents[i]]));
  for (const node of between(program)) {
    const own = node.args.map((x) => tangent.get(x) ?? null);
    tangent.set(node, own.every((d) => d === null) ? null : node.primitive.jvp(own, node));
  }
  return tangent;
}

/** Tangents of the program's outputs for tangents of its inputs, as expressions of the same unknowns. */
export function pushforward(program: Program, tangents: readonly MaybeZero[]): MaybeZero[] {
  const tangent = tangentsOf(program, tangents);
  return program.outputs.map((y) => tangent.get(y) ?? null);
}

/**
 * Value and directional derivative: `[f(x), f'(x) dx]`. Nests, and sees through closures: tensors that `f` captures are
 * held fixed here and stay differentiable outside.
 *
 * @throws OdeError `SHAPE_MISMATCH` when a tangent has another shape than its argument.
 */
export function jvp(f: (...x: Tensor[]) => Tensor, primals: readonly Tensor[], tangents: readonly Tensor[]): [value: Tensor, tangent: Tensor] {
  primals.forEach((x, i) => {
    if (tangents[i] !== undefined && !(tangents[i] instanceof Tensor)) throw new OdeError("INVALID_TRACE", `Cannot trace jvp as tangent ${i} must be a traced array: it is ${shown(tangents[i])}`);
    if (!tangents[i] || !sameShape(tangents[i].shape, x.shape)) throw shapeError("jvp", `tangent ${i} must have its argument's shape`, [x, ...(tangents[i] ? [tangents[i]] : [])]);
  });
  const program = trace((...x) => [f(...x)], primals.map((x) => x.shape));
  const [y] = program.outputs;
  const [dy] = pushforward(program, tangents);
  const [value, tangent] = substitute({ inputs: program.inputs, outputs: [y, dy ?? constant(0, y.shape)] }, primals);
  return [value, tangent];
}
