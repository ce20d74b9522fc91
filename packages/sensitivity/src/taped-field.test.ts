import { bs3, dp5, holdStable, linearize, midpoint, odeProblem, rk4, solve, tsit5, vectorField, vern7, type Algorithm, type EvaluationTape, type SolveOptions, type VectorField } from "@fluxion/ode-core";
import { describe, expect, test } from "vitest";
import { discreteAdjoint } from "./discrete-adjoint.ts";

/** A pendulum with friction and a drive, with derivatives by hand. */
const plain = vectorField((t, u, p, out) => {
  out[0] = u[1];
  out[1] = -p[0] * Math.sin(u[0]) - p[1] * u[1] + p[2] * Math.cos(t);
}, {
  dim: 2,
  paramCount: 3,
  vjp: (t, u, p, w, outU, outP) => {
    outU[0] = -p[0] * Math.cos(u[0]) * w[1];
    outU[1] = w[0] - p[1] * w[1];
    outP[0] -= Math.sin(u[0]) * w[1];
    outP[1] -= u[1] * w[1];
    outP[2] += Math.cos(t) * w[1];
  },
});

/** The same with a tape of up to `room` evaluations, and counts of what is used. */
function taped(room = Infinity): { field: VectorField; counts: { rhs: number; vjp: number; fromTape: number } } {
  const counts = { rhs: 0, vjp: 0, fromTape: 0 };
  let last: object | undefined;
  const field: VectorField = {
    ...plain,
    bind: (p) => {
      const bound = plain.bind(p);
      const tape = (): EvaluationTape => {
        const kept: [number, Float64Array][] = [];
        const gradient = new Float64Array(3);
        const own: EvaluationTape = {
          get open() {
            return last === own;
          },
          push: (t, u, out) => {
            if (last !== own || kept.length >= room) return -1;
            bound.rhs(t, u, out);
            return kept.push([t, u.slice()]) - 1;
          },
          rewind: () => void (kept.length = 0),
          clearGradient: () => void gradient.fill(0),
          addGradient: (out) => gradient.forEach((x, i) => (out[i] += x)),
          vjp: (i, w, outU) => {
            counts.fromTape++;
            bound.vjp!(kept[i][0], kept[i][1], w, outU, gradient);
          },
        };
        last = own;
        return own;
      };
      return {
        rhs: (...args) => void (counts.rhs++, bound.rhs(...args)),
        vjp: (...args) => void (counts.vjp++, bound.vjp!(...args)),
        tape,
      };
    },
  };
  return { field, counts };
}

const saveAt = [0.4, 1.1, 1.3, 2];
const problem = (field: VectorField): ReturnType<typeof odeProblem> => odeProblem(field, [1, -0.5], [0, 2], [2, 0.3, 0.7]);
const uBar = saveAt.map((t) => Float64Array.of(1 + t, -t));
const gradient = (field: VectorField, algorithm: Algorithm, options: SolveOptions): { dp: Float64Array; du0: Float64Array } =>
  linearize(problem(field), algorithm, { ...options, saveAt, sensealg: discreteAdjoint() }).pull(uBar);

describe.each([
  ["rk4, fixed steps", rk4(), { dt: 0.1 }],
  ["midpoint, fixed steps with saved times inside", midpoint(), { dt: 0.03, adaptive: false }],
  ["tsit5, fixed steps", tsit5(), { dt: 0.07, adaptive: false }],
  ["bs3", bs3(), { reltol: 1e-5, abstol: 1e-5 }],
  ["dp5 with rejected steps", dp5(), { reltol: 1e-7, abstol: 1e-7, dt: 1.5 }],
  ["tsit5", tsit5(), { reltol: 1e-8, abstol: 1e-8 }],
  ["vern7 with extra stages for dense output", vern7(), { reltol: 1e-10, abstol: 1e-10 }],
] as const)("%s", (_name, algorithm, options) => {
  const expected = gradient(plain, algorithm, options);
  const close = (got: typeof expected): void => {
    for (const key of ["dp", "du0"] as const) got[key].forEach((x, i) => expect(Math.abs(x - expected[key][i])).toBeLessThan(1e-13 * (1 + Math.abs(expected[key][i]))));
  };

  test("every evaluation is found on the tape: nothing is evaluated again", () => {
    const { field, counts } = taped();
    const { pull } = linearize(problem(field), algorithm, { ...options, saveAt, sensealg: discreteAdjoint() });
    Object.assign(counts, { rhs: 0, vjp: 0 });
    close(pull(uBar));
    expect(counts).toMatchObject({ rhs: 0, vjp: 0 });
    expect(counts.fromTape).toBeGreaterThan(10);
    close(pull(uBar));
  });

  test.each([0, 7, 30])("with room for %i evaluations the rest is evaluated again", (room) => {
    const { field, counts } = taped(room);
    close(gradient(field, algorithm, options));
    expect(counts.vjp).toBeGreaterThan(0);
    expect(counts.fromTape).toBeLessThanOrEqual(room);
  });

  test("a tape that another solve took over is not used", () => {
    const { field, counts } = taped();
    const first = linearize(problem(field), algorithm, { ...options, saveAt, sensealg: discreteAdjoint() });
    close(gradient(field, algorithm, options));
    const { fromTape } = counts;
    close(first.pull(uBar));
    expect(counts.fromTape).toBe(fromTape);
    expect(counts.vjp).toBeGreaterThan(0);
  });

  test("the solution is that of solve, its problem like the caller's, and stays usable", () => {
    const { field } = taped();
    const given = problem(field);
    const { solution } = linearize(given, algorithm, { ...options, dense: true, sensealg: discreteAdjoint() });
    const alone = solve(problem(plain), algorithm, { ...options, dense: true });
    expect(solution.problem).toEqual(given);
    expect(solution.problem.f).toBe(given.f);
    expect(solution.u).toEqual(alone.u);
    expect(solution.at(0.123)).toEqual(alone.at(0.123));
    expect(solution.algorithm).toBe(algorithm);
    expect(solution.stats).toEqual(solve(problem(plain), holdStable(algorithm), { ...options, dense: true }).stats);
  });
});
