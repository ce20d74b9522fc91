import { add, at, cos, div, mul, sub } from "@fluxion/autodiff";
import { option, readOptions, vectorField } from "@fluxion/ode-core";
import type { MechanicalSystem } from "./mechanical-system.ts";

/** Options of {@link doublePendulum}. */
export interface DoublePendulumOptions {
  /** kg. Default 1. */
  readonly mass1?: number | undefined;
  /** kg. Default 1. */
  readonly mass2?: number | undefined;
  /** m. Default 1. */
  readonly length1?: number | undefined;
  /** m. Default 1. */
  readonly length2?: number | undefined;
  /** m/s^2. Default 9.81. */
  readonly gravity?: number | undefined;
}

/**
 * Two point masses on massless rods, angles from the downward vertical:
 * `L = (m1 + m2) l1^2 v1^2 / 2 + m2 l2^2 v2^2 / 2 + m2 l1 l2 v1 v2 cos(q1 - q2) + (m1 + m2) g l1 cos q1 + m2 g l2 cos q2`.
 *
 * @throws OdeError `INVALID_OPTION`
 */
export function doublePendulum(options: DoublePendulumOptions = {}): MechanicalSystem {
  const { mass1, mass2, length1, length2, gravity } = readOptions("doublePendulum", options, {
    mass1: option.positive(1),
    mass2: option.positive(1),
    length1: option.positive(1),
    length2: option.positive(1),
    gravity: option.positive(9.81),
  });
  // Mass matrix [[a, b cos(q1 - q2)], [b cos(q1 - q2), c]] and potential -w1 cos q1 - w2 cos q2.
  const a = (mass1 + mass2) * length1 * length1;
  const b = mass2 * length1 * length2;
  const c = mass2 * length2 * length2;
  const w1 = (mass1 + mass2) * gravity * length1;
  const w2 = mass2 * gravity * length2;
  return {
    name: "doublePendulum",
    coordinates: 2,
    angles: [0, 1],
    lagrangian: (q, v) => {
      const [q1, q2, v1, v2] = [at(q, 0), at(q, 1), at(v, 0), at(v, 1)];
      const kinetic = add(add(mul(a / 2, mul(v1, v1)), mul(c / 2, mul(v2, v2))), mul(b, mul(mul(v1, v2), cos(sub(q1, q2)))));
      return add(kinetic, add(mul(w1, cos(q1)), mul(w2, cos(q2))));
    },
    hamiltonian: (q, p) => {
      const [q1, q2, p1, p2] = [at(q, 0), at(q, 1), at(p, 0), at(p, 1)];
      const e = mul(b, cos(sub(q1, q2)));
      const quadratic = sub(add(mul(c, mul(p1, p1)), mul(a, mul(p2, p2))), mul(2, mul(e, mul(p1, p2))));
      return sub(div(quadratic, mul(2, sub(a * c, mul(e, e)))), add(mul(w1, cos(q1)), mul(w2, cos(q2))));
    },
    field: vectorField(
      (_t, u, _p, out) => {
        const [q1, q2, v1, v2] = [u[0], u[1], u[2], u[3]];
        const e = b * Math.cos(q1 - q2);
        const s = b * Math.sin(q1 - q2);
        const f1 = -s * v2 * v2 - w1 * Math.sin(q1);
        const f2 = s * v1 * v1 - w2 * Math.sin(q2);
        const determinant = a * c - e * e;
        out[0] = v1;
        out[1] = v2;
        out[2] = (c * f1 - e * f2) / determinant;
        out[3] = (a * f2 - e * f1) / determinant;
      },
      { dim: 4, structure: "second-order" },
    ),
    energy: (u) => (a / 2) * u[2] * u[2] + (c / 2) * u[3] * u[3] + b * u[2] * u[3] * Math.cos(u[0] - u[1]) - w1 * Math.cos(u[0]) - w2 * Math.cos(u[1]),
    minEnergy: -w1 - w2,
  };
}
