import { add, at, cos, dot, matmul, mul, sin, sub, sum, tensor, type Tensor } from "@fluxion/autodiff";
import { lagrangianModel } from "@fluxion/lnn";
import { seededRandom, type ConservativeModel, type DynamicsModel } from "@fluxion/nn-core";
import { odeProblem, solve, tsit5 } from "@fluxion/ode-core";
import { doublePendulum, sampleStates } from "@fluxion/systems";
import { describe, expect, test } from "vitest";

const none = new Float64Array(0);
const fixed = { params: {}, init: () => {} };

/** Largest error of the accelerations over all states, relative to the norm of the right ones. */
function worst(model: DynamicsModel, states: readonly Float64Array[], accelerations: (u: Float64Array) => readonly number[], p = none): number {
  const d = model.dim / 2;
  const bound = model.bind(p);
  const out = new Float64Array(2 * d);
  return Math.max(...states.map((u) => {
    bound.rhs(0, u, out);
    const expected = accelerations(u);
    return Math.hypot(...expected.map((a, i) => out[d + i] - a)) / Math.hypot(...expected);
  }));
}

const box = (count: number, d: number, seed: number): Float64Array[] =>
  sampleStates(count, [...new Array<number>(d).fill(-Math.PI), ...new Array<number>(d).fill(-10)], [...new Array<number>(d).fill(Math.PI), ...new Array<number>(d).fill(10)], seed);

/** The model's energies along a rollout at tolerance 1e-12, relative to the first one's distance from `floor`. */
function drift(model: ConservativeModel, u0: readonly number[], end: number, p = none, floor = 0): number {
  const { u, retcode } = solve(odeProblem(model, u0, [0, end], p), tsit5(), { reltol: 1e-12, abstol: 1e-12, saveAt: end / 50 });
  expect(retcode).toBe("success");
  const energies = u.map((state) => model.energy(state, p));
  return Math.max(...energies.map((e) => Math.abs(e - energies[0]))) / (energies[0] - floor);
}

describe("the double pendulum's own Lagrangian", () => {
  const { lagrangian, field, energy, minEnergy } = doublePendulum();
  const model = lagrangianModel({ name: "exact", coordinates: 2, layer: fixed, lagrangian });
  const states = box(1000, 2, 3);

  test("gives the closed form to 1e-12 on 1,000 large states", () => {
    const bound = field.bind(none);
    const closed = (u: Float64Array): number[] => {
      const out = new Float64Array(4);
      bound.rhs(0, u, out);
      return [out[2], out[3]];
    };
    expect(worst(model, states, closed)).toBeLessThan(1e-12);
  });

  test("gives the true energy, constant along a tight rollout", () => {
    for (const u of states) expect(Math.abs(model.energy(u, none) - energy(u))).toBeLessThan(1e-11);
    expect(drift(model, [0.16573343, 0.14740237, 0.01817836, 0.08238763], 30, none, minEnergy)).toBeLessThan(1e-9);
    expect(drift(model, [1.5, 2.5, -1, 2], 5, none, minEnergy)).toBeLessThan(1e-9);
  });

  test("with its masses, lengths and gravity as parameters too", () => {
    const learnt = lagrangianModel({
      name: "exact",
      coordinates: 2,
      layer: { params: { m: [2], l: [2], g: [1] }, init: () => {} },
      lagrangian: (q, v, { m, l, g }) => {
        const [m1, m2, l1, l2] = [at(m, 0), at(m, 1), at(l, 0), at(l, 1)];
        const [s1, s2] = [mul(l1, at(v, 0)), mul(l2, at(v, 1))];
        const cross = mul(mul(s1, s2), cos(sub(at(q, 0), at(q, 1))));
        const kinetic = add(mul(mul(0.5, m1), mul(s1, s1)), mul(mul(0.5, m2), add(add(mul(s1, s1), mul(s2, s2)), mul(2, cross))));
        const height1 = mul(l1, cos(at(q, 0)));
        return add(kinetic, mul(at(g, 0), add(mul(m1, height1), mul(m2, add(height1, mul(l2, cos(at(q, 1))))))));
      },
    });
    const random = seededRandom(5);
    for (let k = 0; k < 20; k++) {
      const [mass1, mass2, length1, length2, gravity] = Array.from({ length: 5 }, () => random.uniform(0.5, 3));
      const bound = doublePendulum({ mass1, mass2, length1, length2, gravity }).field.bind(none);
      const out = new Float64Array(4);
      const closed = (u: Float64Array): number[] => (bound.rhs(0, u, out), [out[2], out[3]]);
      expect(worst(learnt, states.slice(50 * k, 50 * k + 50), closed, Float64Array.of(mass1, mass2, length1, length2, gravity))).toBeLessThan(1e-12);
    }
  });
});

describe("a chain of three links", () => {
  const n = 3;
  const g = 9.81;
  const lower = tensor([[1, 0, 0], [1, 1, 0], [1, 1, 1]]);
  /** Unit masses and lengths, by the velocities of the masses in the plane. */
  const lagrangian = (q: Tensor, v: Tensor): Tensor => {
    const [vx, vy] = [matmul(lower, mul(cos(q), v)), matmul(lower, mul(sin(q), v))];
    return add(mul(0.5, add(dot(vx, vx), dot(vy, vy))), mul(g, sum(matmul(lower, cos(q)))));
  };
  const model = lagrangianModel({ name: "chain", coordinates: n, layer: fixed, lagrangian });

  /** `sum_j w_ij (cos(q_i - q_j) a_j + sin(q_i - q_j) v_j^2) + w_ii g sin q_i = 0` with `w_ij = 3 - max(i, j)`. */
  function closed(u: Float64Array): number[] {
    const w = (i: number, j: number): number => n - Math.max(i, j);
    const rows = Array.from({ length: n }, (_, i) => {
      const row = Array.from({ length: n }, (_x, j) => w(i, j) * Math.cos(u[i] - u[j]));
      const force = -w(i, i) * g * Math.sin(u[i]) - [0, 1, 2].reduce((s, j) => s + w(i, j) * Math.sin(u[i] - u[j]) * u[n + j] ** 2, 0);
      return [...row, force];
    });
    // Elimination without pivoting: the matrix is positive definite.
    for (let k = 0; k < n; k++) {
      for (let i = 0; i < n; i++) {
        if (i === k) continue;
        const factor = rows[i][k] / rows[k][k];
        rows[i] = rows[i].map((x, j) => x - factor * rows[k][j]);
      }
    }
    return rows.map((row, i) => row[n] / row[i]);
  }

  test("has the closed form's accelerations on 1,000 large states", () => {
    expect(worst(model, box(1000, n, 4), closed)).toBeLessThan(1e-12);
  });

  test("keeps its energy", () => {
    expect(drift(model, [0.5, -0.7, 1, 2, -1, 0.5], 5, none, -6 * g)).toBeLessThan(1e-9);
  });
});

describe("a charged particle in a trap and a magnetic field", () => {
  const [B, k] = [1.7, 0.6];
  const turn = [[0, 1], [-1, 0]];
  const model = lagrangianModel({
    name: "charged",
    coordinates: 2,
    layer: fixed,
    // L = |v|^2 / 2 + B (x vy - y vx) / 2 - k |q|^2 / 2: its magnetic part is linear in the velocity.
    lagrangian: (q, v) => {
      const magnetic = sub(mul(at(q, 0), at(v, 1)), mul(at(q, 1), at(v, 0)));
      return add(mul(0.5, dot(v, v)), sub(mul(B / 2, magnetic), mul(k / 2, dot(q, q))));
    },
  });

  test("feels a force across its velocity", () => {
    const closed = (u: Float64Array): number[] => turn.map((row, i) => B * (row[0] * u[2] + row[1] * u[3]) - k * u[i]);
    expect(worst(model, box(1000, 2, 6), closed)).toBeLessThan(1e-14);
  });

  test("has an energy without the magnetic part, and keeps it", () => {
    for (const u of box(100, 2, 7)) expect(model.energy(u, none)).toBeCloseTo((u[2] ** 2 + u[3] ** 2 + k * (u[0] ** 2 + u[1] ** 2)) / 2, 12);
    expect(drift(model, [1, 0.2, -0.5, 0.8], 20)).toBeLessThan(1e-10);
  });

  test("circles with the frequencies (sqrt(B^2 + 4 k) +- B) / 2, one each way", () => {
    const root = Math.sqrt(B * B + 4 * k);
    // x + i y = a exp(-i fast t) + b exp(i slow t)
    const [fast, slow, a, b] = [(root + B) / 2, (root - B) / 2, 0.7, 1.1];
    const end = 10;
    const { u } = solve(odeProblem(model, [a + b, 0, 0, -a * fast + b * slow], [0, end]), tsit5(), { reltol: 1e-12, abstol: 1e-12, saveAt: [end / 2, end] });
    [end / 2, end].forEach((t, i) => {
      expect(u[i][0]).toBeCloseTo(a * Math.cos(fast * t) + b * Math.cos(slow * t), 9);
      expect(u[i][1]).toBeCloseTo(-a * Math.sin(fast * t) + b * Math.sin(slow * t), 9);
    });
  });
});
