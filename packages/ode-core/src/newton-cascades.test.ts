// Where linear equations drive others, the last rate of a Newton iteration is that of rounding: it tells nothing of the next solve.
import { describe, expect, test } from "vitest";
import { fbdf, implicitEuler, implicitMidpoint, kenCarp4, kvaerno5, odeProblem, radauIIA5, rodas5P, solve, trapezoid, trbdf2, type Algorithm, type InPlaceRhs } from "./index.ts";

const named = (...algorithms: readonly (readonly [Algorithm, number])[]): [string, Algorithm, number][] => algorithms.map(([algorithm, bound]) => [algorithm.name, algorithm, bound]);
const ends = Array.from({ length: 20 }, (_, k) => (k + 1) / 10);

// Bounds are those of the methods themselves, with equations solved to 1e-7 of the tolerance.
describe("errors at the end, in tolerances", () => {
  // x' = -a x, y' = (b x^2 - y) / eps has the solution y = b x^2 / (1 - 2 a eps).
  test.each(named([radauIIA5(), 6], [kenCarp4(), 3], [kvaerno5(), 30], [trbdf2(), 100], [rodas5P(), 2], [fbdf(), 8]))("%s: a component that follows the square of another fast", (_name, algorithm, bound) => {
    for (const eps of [1e-6, 1e-3]) {
      for (const [a, b, start] of [[0.72, 0.975, 1.75], [1.48, 1.2, 1.2]]) {
        const c = b / (1 - 2 * a * eps);
        const f: InPlaceRhs = (_t, u, _p, du) => void ([du[0], du[1]] = [-a * u[0], (b * u[0] * u[0] - u[1]) / eps]);
        for (const tol of [1e-4, 1e-6, 1e-8]) {
          for (const end of ends) {
            const { u, retcode } = solve(odeProblem(f, [start, c * start * start], [0, end]), algorithm, { reltol: tol, abstol: tol, saveAt: [end] });
            expect(retcode).toBe("success");
            const exact = c * (start * Math.exp(-a * end)) ** 2;
            expect(Math.abs(u[0][1] - exact) / (tol + tol * exact), `eps ${eps}, a ${a}, tolerance ${tol}, end ${end}`).toBeLessThan(bound);
          }
        }
      }
    }
  });

  test.each(named([radauIIA5(), 2], [fbdf(), 4], [rodas5P(), 2]))("%s: an algebraic component that is the square of another", (_name, algorithm, bound) => {
    for (const [a, b, start] of [[1.48, 1.2, 1.2], [0.89, 0.875, 1.85], [0.91, 1.225, 1.65], [0.77, 1.275, 1.55]]) {
      const f: InPlaceRhs = (_t, u, _p, du) => void ([du[0], du[1]] = [-a * u[0], u[1] - b * u[0] * u[0]]);
      for (const tol of [1e-6, 1e-8, 1e-10]) {
        for (const dense of [false, true]) {
          const { u, retcode } = solve(odeProblem(f, [start, b * start * start], [0, 1], [], { massMatrix: [1, 0, 0, 0] }), algorithm, { reltol: tol, abstol: tol, saveAt: [1], dense });
          expect(retcode).toBe("success");
          const exact = b * (start * Math.exp(-a)) ** 2;
          expect(Math.abs(u[0][1] - exact) / (tol + tol * exact), `a ${a}, tolerance ${tol}`).toBeLessThan(bound);
        }
      }
    }
  });
});

// x' = -x, w' = x^2 in fixed steps: what the methods make of one.
type Step = (x: number, h: number) => readonly [x: number, gain: number];
const maps: readonly (readonly [Algorithm, Step])[] = [
  [implicitEuler(), (x, h) => [x / (1 + h), h * (x / (1 + h)) ** 2]],
  [implicitMidpoint(), (x, h) => [(x * (1 - h / 2)) / (1 + h / 2), h * (x / (1 + h / 2)) ** 2]],
  [trapezoid(), (x, h) => [(x * (1 - h / 2)) / (1 + h / 2), (h / 2) * (x * x + ((x * (1 - h / 2)) / (1 + h / 2)) ** 2)]],
];
test.each(maps.map(([algorithm, step]) => [algorithm.name, algorithm, step] as const))("%s: fixed steps are those of the method, to the tolerance", (_name, algorithm, step) => {
  const f: InPlaceRhs = (_t, u, _p, du) => void ([du[0], du[1]] = [-u[0], u[0] * u[0]]);
  for (const dt of [0.1, 0.05, 0.025, 0.0125]) {
    let [x, w] = [1, 0];
    for (let i = 0; i < Math.round(2 / dt); i++) {
      const [next, gain] = step(x, dt);
      [x, w] = [next, w + gain];
    }
    const { u } = solve(odeProblem(f, [1, 0], [0, 2]), algorithm, { dt, adaptive: false, reltol: 1e-12, abstol: 1e-12, saveAt: [2] });
    expect(Math.abs(u[0][0] - x)).toBeLessThan(1e-12);
    expect(Math.abs(u[0][1] - w)).toBeLessThan(1e-12);
  }
});
