import { add, dot, mul, sub } from "@fluxion/autodiff";
import { option, readOptions, vectorField } from "@fluxion/ode-core";
import type { MechanicalSystem } from "./mechanical-system.ts";

/** Options of {@link massSpring}. */
export interface MassSpringOptions {
  /** kg. Default 1. */
  readonly mass?: number | undefined;
  /** N/m. Default 1. */
  readonly stiffness?: number | undefined;
}

/**
 * A mass on a linear spring: `L = m v^2 / 2 - k q^2 / 2`.
 *
 * @throws OdeError `INVALID_OPTION`
 */
export function massSpring(options: MassSpringOptions = {}): MechanicalSystem {
  const { mass, stiffness } = readOptions("massSpring", options, { mass: option.positive(1), stiffness: option.positive(1) });
  return {
    name: "massSpring",
    coordinates: 1,
    angles: [],
    lagrangian: (q, v) => sub(mul(mass / 2, dot(v, v)), mul(stiffness / 2, dot(q, q))),
    hamiltonian: (q, p) => add(mul(1 / (2 * mass), dot(p, p)), mul(stiffness / 2, dot(q, q))),
    field: vectorField(
      (_t, u, _p, out) => {
        out[0] = u[1];
        out[1] = (-stiffness / mass) * u[0];
      },
      { dim: 2, structure: "second-order" },
    ),
    energy: (u) => (mass / 2) * u[1] * u[1] + (stiffness / 2) * u[0] * u[0],
    minEnergy: 0,
  };
}
