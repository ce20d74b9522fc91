import { add } from "./elementwise.ts";
import { asTensor, constant, sameShape, shapeError, Tensor, type MaybeZero } from "./tensor.ts";
import { between, substitute, trace, type Program } from "./trace.ts";

/** Cotangent of every node between the program's inputs and outputs, for one cotangent per output. */
export function cotangentsOf(program: Program, seeds: readonly Tensor[]): Map<Tensor, Tensor> {
  const order = between(program);
  const reached = new Set([...program.inputs, ...order]);
  const total = new Map<Tensor, Tensor>();
  const collect = (x: Tensor, g: MaybeZero): void => {
    if (!g || !reached.has(x)) return;
    const known = total.get(x);
    total.set(x, known ? add(known, g) : g);
  };
  program.outputs.forEach((y, i) => collect(y, seeds[i]));
  for (const node of order.toReversed()) {
    const g = total.get(node);
    if (!g) continue;
    const parts = node.primitive.vjp(g, node);
    node.args.forEach((x, i) => collect(x, parts[i]));
  }
  return total;
}

/** Cotangents of the program's inputs for one cotangent per output, as expressions of the same unknowns. */
export function pullback(program: Program, seeds: readonly Tensor[]): Tensor[] {
  const total = cotangentsOf(program, seeds);
  return program.inputs.map((x) => total.get(x) ?? constant(0, x.shape));
}

/**
 * Value and pullback: `pull(g)` gives `f'(x)' g` for each argument. Nests, and sees through closures.
 */
export function vjp(f: (...x: Tensor[]) => Tensor, ...x: readonly Tensor[]): [value: Tensor, pull: (g: Tensor) => Tensor[]] {
  const primals = x.map(asTensor);
  const program = trace((...args) => [f(...args)], primals.map((a) => a.shape));
  const [value] = substitute(program, primals);
  const pull = (g: Tensor): Tensor[] => {
    if (!sameShape(g.shape, value.shape)) throw shapeError("vjp", `the cotangent must have the result's shape [${value.shape.join(", ")}]`, [g]);
    return substitute({ inputs: program.inputs, outputs: pullback(program, [g]) }, primals);
  };
  return [value, pull];
}

/** `f`, but a result that is no scalar is the error of `name`. */
export const scalarValued = <Args extends unknown[]>(name: string, f: (...args: Args) => Tensor): ((...args: Args) => Tensor) => (...args) => {
  const y = f(...args);
  if (y instanceof Tensor && y.shape.length > 0) throw shapeError(name, "the function must return a scalar", [y]);
  return y;
};

/**
 * Value and gradients of a function with a scalar result, one gradient per argument.
 *
 * @throws OdeError `SHAPE_MISMATCH` when the result is not a scalar.
 */
export function valueAndGrad(f: (...x: Tensor[]) => Tensor): (...x: Tensor[]) => { value: Tensor; grads: Tensor[] } {
  return (...x) => {
    const [value, pull] = vjp(scalarValued("grad", f), ...x);
    return { value, grads: pull(constant(1)) };
  };
}

/** Gradient of a scalar function by its first argument, at the cost of a few evaluations. `grad(grad(f))` and deeper work. */
export const grad =
  (f: (...x: Tensor[]) => Tensor): ((...x: Tensor[]) => Tensor) =>
  (x, ...rest) =>
    valueAndGrad((first) => f(first, ...rest))(x).grads[0];
