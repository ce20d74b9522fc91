import { add, at, cos, dot, mul } from "@fluxion/autodiff";
import { option, readOptions, vectorField } from "@fluxion/ode-core";
import type { MechanicalSystem } from "./mechanical-system.ts";

/** Options of {@link pendulum}. */
export interface PendulumOptions {
  /** kg. Default 1. */
  readonly mass?: number | undefined;
  /** m. Default 1. */
  readonly length?: number | undefined;
  /** m/s^2. Default 9.81. */
  readonly gravity?: number | undefined;
}

/**
 * A plane pendulum, angle from the downward vertical: `L = m l^2 v^2 / 2 + m g l cos q`.
 *
 * @throws OdeError `INVALID_OPTION`
 */
export function pendulum(options: PendulumOptions = {}): MechanicalSystem {
  const { mass, length, gravity } = readOptions("pendulum", options, { mass: option.positive(1), length: option.positive(1), gravity: option.positive(9.81) });
  const inertia = mass * length * length;
  const weight = mass * gravity * length;
  return {
    name: "pendulum",
    coordinates: 1,
    angles: [0],
    lagrangian: (q, v) => add(mul(inertia / 2, dot(v, v)), mul(weight, cos(at(q, 0)))),
    hamiltonian: (q, p) => add(mul(1 / (2 * inertia), dot(p, p)), mul(-weight, cos(at(q, 0)))),
    field: vectorField(
      (_t, u, _p, out) => {
        out[0] = u[1];
        out[1] = (-gravity / length) * Math.sin(u[0]);
      },
      { dim: 2, structure: "second-order" },
    ),
    energy: (u) => (inertia / 2) * u[1] * u[1] - weight * Math.cos(u[0]),
    minEnergy: -weight,
  };
}
