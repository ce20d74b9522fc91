import { expect, test } from "vitest";
import { defaultController, piController, pidController } from "./controller.ts";
import { odeProblem, solve, tsit5 } from "./index.ts";

const pi = (error: number, old: number): number => 0.9 * error ** (-7 / 50) * old ** (2 / 25);

test("the factor is gamma error^-beta1 errorOld^beta2, with 1e-4 for the error before the first", () => {
  const controller = defaultController(5);
  expect(controller.accept(1e-6)).toBeCloseTo(pi(1e-6, 1e-4), 12);
  expect(controller.accept(1e-5)).toBeCloseTo(pi(1e-5, 1e-4), 12);
  expect(controller.accept(0.9)).toBeCloseTo(pi(0.9, 1e-4), 12);
  expect(controller.accept(0.01)).toBeCloseTo(pi(0.01, 0.9), 12);
});

test("it lies in [0.2, 10], and a cut of less than a sixth is not made", () => {
  const controller = defaultController(5);
  for (let i = 0; i < 3; i++) expect(controller.accept(0)).toBe(10);
  controller.accept(0.5);
  expect(pi(0.5, 0.5)).toBeLessThan(1);
  expect(controller.accept(0.5)).toBe(1);
  expect(defaultController(1).accept(1)).toBe(0.2);
});

test("a rejected step shrinks by the error alone, by no more than 0.2, by 0.1 when the error is not finite", () => {
  const controller = defaultController(5);
  expect(controller.reject(2)).toBeCloseTo(0.9 * 2 ** (-7 / 50), 12);
  expect(controller.reject(1e20)).toBe(0.2);
  for (const error of [NaN, Infinity]) expect(controller.reject(error)).toBe(0.1);
});

test("a controller that forbids it lets no step grow right after a rejected one", () => {
  const controller = piController({ beta1: 0.17, beta2: 0.04, growAfterReject: false });
  expect(controller.reject(16)).toBeCloseTo(0.9 * 16 ** -0.17, 12);
  expect(controller.accept(1e-3)).toBe(1);
  expect(controller.accept(1e-3)).toBeCloseTo(0.9 * 1e-3 ** -0.13, 12);
});

test("the derivative part looks at the error before the last, and makes steps of the tolerances' size", () => {
  const controller = pidController({ beta1: 0.1, beta2: 0.05, beta3: 0.02, steady: 1, qmax: 100 });
  const pid = (...[now, old, older]: number[]): number => 0.9 * now ** -0.1 * old ** 0.05 * older ** -0.02;
  expect(controller.accept(0.1)).toBeCloseTo(pid(0.1, 1e-4, 1e-4), 12);
  expect(controller.accept(0.5)).toBeCloseTo(pid(0.5, 0.1, 1e-4), 12);
  expect(controller.accept(0.3)).toBeCloseTo(pid(0.3, 0.5, 0.1), 12);
  // H211PI and a PID controller of Soederlind's for order 5.
  const problem = odeProblem((_t, u, _p, du) => void ([du[0], du[1]] = [1.5 * u[0] - u[0] * u[1], u[0] * u[1] - 3 * u[1]]), [1, 1], [0, 10]);
  const reference = solve(problem, tsit5(), { reltol: 1e-12, abstol: 1e-12 }).u.at(-1)!;
  for (const [beta1, beta2, beta3] of [[1 / 6, 0, 0], [1 / 30, -1 / 30, 0], [1 / 18, -1 / 9, -1 / 18]]) {
    const { u, retcode, stats } = solve(problem, { ...tsit5(), controller: () => pidController({ beta1: beta1 / 0.9, beta2, beta3 }) }, { reltol: 1e-7, abstol: 1e-7 });
    expect(retcode).toBe("success");
    expect(stats.nf).toBeLessThan(2000);
    u.at(-1)!.forEach((x, i) => expect(Math.abs(x - reference[i])).toBeLessThan(1e-5));
  }
});
