import { reshape } from "./broadcast.ts";
import { contractPrimitive, type Labels } from "./contract.ts";
import { customCall, type CustomRule } from "./custom-vjp.ts";
import { add, mul, neg, sub } from "./elementwise.ts";
import { identity } from "./hessian.ts";
import { tangentsOf } from "./jvp.ts";
import { secondOrder, type Bundle } from "./second-order.ts";
import { at, slice } from "./shape-ops.ts";
import { solveLinear } from "./solve-linear.ts";
import { constant, input, shapeError, type Tensor } from "./tensor.ts";
import { captures, substitute, trace, type Program } from "./trace.ts";
import { pullback, scalarValued, valueAndGrad } from "./vjp.ts";

/** Mass matrix `M[d, d]` and generalised force `dL/dq - C v` of a Lagrangian, `C = d2L/dv dq`. */
export interface MassAndForce {
  readonly mass: Tensor;
  readonly force: Tensor;
}

function traceLagrangian(lagrangian: (q: Tensor, v: Tensor) => Tensor, q: Tensor, v: Tensor): Program {
  if (q.shape.length !== 1 || v.shape.length !== 1 || q.shape[0] !== v.shape[0]) throw shapeError("eulerLagrange", "q and v must be vectors of one length", [q, v]);
  const program = trace((q1, v1) => [lagrangian(q1, v1)], [q.shape, v.shape], ["q", "v"]);
  if (program.outputs[0].shape.length > 0) throw shapeError("eulerLagrange", "the Lagrangian must return a scalar", program.outputs);
  return program;
}

/** Mass matrix and force as expressions of the Lagrangian's arguments, and the tangents on the way. */
interface Equations extends MassAndForce {
  /** Along the unit velocities, directions 0 to d - 1, and `(v, 0)`, direction d. */
  readonly bundles: ReadonlyMap<Tensor, Bundle | null>;
}

/** `program` has inputs q, v first. */
function equationsOf({ inputs: [q, v], outputs }: Program): Equations {
  const d = q.size;
  const units = Array.from({ length: d }, (_, i) => i);
  const along = [{ rows: [d], tensor: reshape(v, [1, d]) }, { rows: units, tensor: identity(d) }];
  const { form, gradients, bundles } = secondOrder({ inputs: [q, v], outputs }, along, d + 1, d);
  // The second-derivative form holds M and C v.
  return { mass: slice(form, 0, d, 1), force: sub(gradients[0], reshape(slice(form, d, d + 1, 1), [d])), bundles };
}

/**
 * `M(q, v)` and `dL/dq - C v` of a Lagrangian: the Euler-Lagrange equations are `M a = dL/dq - C v`. Costs d + 1 tangents
 * and one reverse sweep of the Lagrangian.
 */
export function massAndForce(lagrangian: (q: Tensor, v: Tensor) => Tensor): (q: Tensor, v: Tensor) => MassAndForce {
  return (q, v) => {
    const program = traceLagrangian(lagrangian, q, v);
    const equations = equationsOf(program);
    const [mass, force] = substitute({ inputs: program.inputs, outputs: [equations.mass, equations.force] }, [q, v]);
    return { mass, force };
  };
}

/**
 * Accelerations `a[d]` of the mechanical system with Lagrangian `L(q[d], v[d])`: `M a = dL/dq - C v` with
 * `M = d2L/dv2` and `C = d2L/dv dq`. `L` may capture traced parameters; all derivatives reach them.
 *
 * The right-hand side costs d + 1 tangents and one reverse sweep of `L` (never its full Hessian). The reverse rule is the
 * gradient of one scalar, so its cost does not depend on d; see `docs/derivations/euler-lagrange-vjp.md`. Forward mode
 * differentiates the right-hand side. A singular mass matrix gives non-finite accelerations.
 *
 * @throws OdeError `SHAPE_MISMATCH` when `q` and `v` are not vectors of one length or `L` is not a scalar.
 * @source Cranmer et al. 2020, arXiv 2003.04630, eq. 6 (the equation; the reverse rule is derived in this project)
 */
export function eulerLagrange(lagrangian: (q: Tensor, v: Tensor) => Tensor): (q: Tensor, v: Tensor) => Tensor {
  return (q, v) => {
    const traced = traceLagrangian(lagrangian, q, v);
    const captured = captures(traced);
    const unknowns = captured.map((x) => input("captured", x.shape));
    const program: Program = { inputs: [...traced.inputs, ...unknowns], outputs: substitute({ inputs: captured, outputs: traced.outputs }, unknowns) };
    const { mass, force, bundles } = equationsOf(program);
    const backward: CustomRule["backward"] = (g, args, a) => {
      const mu = solveLinear(substitute({ inputs: program.inputs, outputs: [mass] }, args)[0], g); // the mass matrix is symmetric
      return gradientOfPhi(program, bundles, args, a, mu);
    };
    return customCall({ inputs: program.inputs, outputs: [solveLinear(mass, force)] }, backward, [q, v, ...captured]);
  };
}

/**
 * Gradient of `Phi = DL[r] - D2L[p, w]` by q, v and the captured parameters, with directions `r = (mu, 0)`, `p = (0, mu)`
 * and `w = (v, a)`, where `mu` and `a` are held fixed and the `v` inside `w` is not. As `DL[w]` is linear in `w`, `Phi` is
 * one derivative of it: along `-p` in the state and `r` in `w`.
 */
function gradientOfPhi({ inputs, outputs: [y] }: Program, bundles: Equations["bundles"], args: readonly Tensor[], a: Tensor, mu: Tensor): Tensor[] {
  const velocity = input("w", args[1].shape);
  const unknowns = [velocity, ...inputs];
  const values = [args[1], ...args];
  const [q, v] = inputs;
  const alongW = tangentsOf({ inputs: [q, v], outputs: [y] }, [velocity, a]);
  const slope = alongW.get(y);
  const alongP = slope ? tangentsOf({ inputs: [v, velocity], outputs: [slope] }, [neg(mu), mu]) : null;
  const phi = slope && alongP!.get(slope);
  if (!phi) return args.map((x) => constant(0, x.shape));
  const [dw, dq, dv, ...rest] = pullback({ inputs: unknowns, outputs: [phi] }, [constant(1)]);
  // The right-hand side has products of the same matrices with the tangents along the unit velocities and (v, 0).
  const known = new Map<Tensor, Tensor>();
  for (const [node, bundle] of bundles) {
    if (!bundle || !isDear(node)) continue;
    for (const [tangent, unit, last] of [[alongW.get(node), a, 1], [alongP!.get(node), neg(mu), 0]] as const) {
      if (tangent) known.set(tangent, substitute({ inputs: unknowns, outputs: [combination(bundle, unit, last)] }, values)[0]);
    }
  }
  return substitute({ inputs: unknowns, outputs: [dq, add(dv, dw), ...rest] }, values, known);
}

/** A product with longer sums than a {@link combination} takes the place of. */
const isDear = ({ primitive, args, attrs }: Tensor): boolean =>
  primitive === contractPrimitive && [...(attrs as Labels).a].reduce((n, l, i) => (attrs.out.includes(l) ? n : n * args[0].shape[i]), 1) > 8;

/** The tangent along `sum_i unit[i] (direction i) + last (direction d)`: tangents are linear in their direction. */
function combination({ rows, tensor }: Bundle, unit: Tensor, last: 0 | 1): Tensor {
  return rows.reduce<Tensor>((sum, r, i) => {
    if (r === unit.size) return last === 1 ? add(sum, at(tensor, i)) : sum;
    return add(sum, mul(at(unit, r), at(tensor, i)));
  }, constant(0, tensor.shape.slice(1)));
}

/**
 * The canonical equations of a Hamiltonian `H(q[d], p[d])`: returns `[dq/dt, dp/dt] = [dH/dp, -dH/dq]`.
 *
 * @throws OdeError `SHAPE_MISMATCH` when `H` is not a scalar.
 */
export function hamilton(hamiltonian: (q: Tensor, p: Tensor) => Tensor): (q: Tensor, p: Tensor) => [dq: Tensor, dp: Tensor] {
  return (q, p) => {
    const { grads } = valueAndGrad(scalarValued("hamilton", hamiltonian))(q, p);
    return [grads[1], neg(grads[0])];
  };
}
