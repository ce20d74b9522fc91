import { compileScalar, concat, eulerLagrange, hamilton, slice, tracedField, type Tensor } from "@fluxion/autodiff";
import type { VectorField } from "@fluxion/ode-core";

/** A known mechanical system: the truth that a model is trained on and measured against. */
export interface MechanicalSystem {
  readonly name: string;
  /** Number d of generalised coordinates; the state is `u = (q, v)` of length 2 d. */
  readonly coordinates: number;
  /** Which coordinates are angles, in radians. */
  readonly angles: readonly number[];
  /** `L(q[d], v[d])` in joules, traced. */
  lagrangian(q: Tensor, v: Tensor): Tensor;
  /** `H(q[d], p[d])` in joules, traced. */
  hamiltonian(q: Tensor, p: Tensor): Tensor;
  /** `du/dt` of `u = (q, v)` in closed form, by hand and without any automatic derivative. */
  readonly field: VectorField;
  /** Energy of `u = (q, v)` in joules; constant along exact solutions. */
  energy(u: ArrayLike<number>): number;
  /** The least potential energy in joules, so that `energy(u) - minEnergy` is what the motion has to spend. */
  readonly minEnergy: number;
}

/** The system's equations on `(q, v)` from its Lagrangian. */
export function lagrangianField({ coordinates: d, lagrangian }: Pick<MechanicalSystem, "coordinates" | "lagrangian">): VectorField {
  return tracedField(
    (_t, u) => {
      const v = slice(u, d, 2 * d);
      return concat([v, eulerLagrange(lagrangian)(slice(u, 0, d), v)]);
    },
    { dim: 2 * d, structure: "second-order" },
  );
}

/** The system's canonical equations on `(q, p)` from its Hamiltonian. */
export function hamiltonianField({ coordinates: d, hamiltonian }: Pick<MechanicalSystem, "coordinates" | "hamiltonian">): VectorField {
  return tracedField((_t, u) => concat(hamilton(hamiltonian)(slice(u, 0, d), slice(u, d, 2 * d))), { dim: 2 * d });
}

/** `H(q, p)` of a state `(q[d], p[d])`, in joules. */
export function hamiltonianEnergy({ coordinates: d, hamiltonian }: Pick<MechanicalSystem, "coordinates" | "hamiltonian">): (u: Float64Array) => number {
  const energy = compileScalar((u) => hamiltonian(slice(u, 0, d), slice(u, d, 2 * d)), 2 * d, 0);
  const none = new Float64Array(0);
  return (u) => energy(u, none);
}
