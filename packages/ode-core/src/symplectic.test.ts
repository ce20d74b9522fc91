import { expect, test } from "vitest";
import { kahanLi8, mcAte4, odeProblem, ruth3, solve, symplecticEuler, velocityVerlet, vectorField, yoshida6, type InPlaceRhs } from "./index.ts";
import { leapfrogs, palindrome } from "./symplectic.ts";

const oscillator = vectorField((_t, u, _p, du) => du.set([u[1], -u[0]]), { dim: 2, structure: "second-order" });
const problem = odeProblem(oscillator, [1, 0], [0, 1]);

test("evaluations per step: one per kick, and the last one of a closed step serves the next", () => {
  for (const [algorithm, perStep, once] of [[symplecticEuler(), 1, 0], [velocityVerlet(), 1, 1], [ruth3(), 3, 0], [mcAte4(), 4, 0], [yoshida6(), 7, 1], [kahanLi8(), 17, 1]] as const) {
    // At steps 1, 2, 4 and 8 one with other velocities, and the first one of the step again where it was known.
    expect(solve(problem, algorithm, { dt: 0.1, dense: false }).stats.nf).toBe(10 * perStep + once + 4 + 3 * once);
    // Dense output needs the acceleration at the end of the step, which is then the next step's first.
    expect(solve(problem, algorithm, { dt: 0.1, dense: true }).stats.nf).toBe(10 * perStep + 1 + 4 + 3);
  }
});

test.each([symplecticEuler, velocityVerlet, ruth3, mcAte4, yoshida6, kahanLi8])("%o refuses an acceleration that depends on the velocity, from the start or from later on, and a state that is no (q, v)", (make) => {
  const run = (f: InPlaceRhs, u0 = [1, 0.5]): unknown => solve(odeProblem(vectorField(f, { dim: u0.length, structure: "second-order" }), u0, [0, 1]), make(), { dt: 0.01 });
  const refused = (message: string): Error => expect.objectContaining({ code: "MISSING_CAPABILITY", message: expect.stringContaining(message) as string }) as Error;
  expect(() => run((_t, u, _p, out) => void ([out[0], out[1]] = [u[1], -u[0] - 0.01 * u[1]]))).toThrow(refused("implicitMidpoint"));
  expect(() => run((t, u, _p, out) => void ([out[0], out[1]] = [u[1], -u[0] - (t > 0.3 ? 0.01 * u[1] : 0)]))).toThrow(refused("at t = 0.31 "));
  expect(() => run((_t, u, _p, out) => void ([out[0], out[1]] = [-u[1], u[0]]))).toThrow(refused("du[0]/dt must be the velocity u[1]"));
  // Time, however fast, is no velocity.
  expect(() => run((t, u, _p, out) => void ([out[0], out[1]] = [u[1], Math.sin(1e9 * t) - u[0]]))).not.toThrow();
});

test("a palindrome of leapfrogs is reversible: a step back undoes a step to rounding", () => {
  for (const make of [velocityVerlet, yoshida6, kahanLi8]) {
    const stepper = make().stepper(oscillator.bind(new Float64Array(0)), 2, { reltol: 1e-6, abstol: 1e-6 });
    const [u, next, back] = [Float64Array.of(0.3, -0.8), new Float64Array(2), new Float64Array(2)];
    stepper.step(0, 0.7, u, next);
    stepper.accept?.();
    stepper.step(0.7, -0.7, next, back);
    expect(Math.hypot(back[0] - u[0], back[1] - u[1])).toBeLessThan(1e-14);
  }
});

test("palindromes and leapfrogs are put together as they should", () => {
  expect(palindrome([1, 2, 3])).toEqual([1, 2, 3, 2, 1]);
  expect(leapfrogs([2, 4])).toEqual({ kicks: [1, 3, 2], drifts: [2, 4, 0] });
});

/** A step's velocity on `dv/dt = (t - t0)^k / k!` with q as time is `h^(k + 1) / (k + 1)!` for an order above k: quadrature conditions. */
test.each([[mcAte4, 4], [yoshida6, 6], [kahanLi8, 8]] as const)("%o integrates powers of time below its order to rounding, and not its order", (make, order) => {
  const algorithm = make();
  for (let k = 0; k <= order; k++) {
    const power = vectorField((t, u, _p, du) => du.set([u[1], t ** k]), { dim: 2, structure: "second-order" });
    const stepper = algorithm.stepper(power.bind(new Float64Array(0)), 2, { reltol: 1e-6, abstol: 1e-6 });
    const out = new Float64Array(2);
    stepper.step(0, 1, new Float64Array(2), out);
    const error = Math.abs(out[1] - 1 / (k + 1));
    if (k < order) expect(error).toBeLessThan(1e-15);
    else expect(error).toBeGreaterThan(1e-9);
  }
});

test("an odd state and a field that is not declared second-order are refused", () => {
  const odd = odeProblem(vectorField((_t, _u, _p, du) => void du.fill(0), { dim: 3, structure: "second-order" }), [0, 0, 0], [0, 1]);
  expect(() => solve(odd, velocityVerlet(), { dt: 0.1 })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  const plain = odeProblem((_t, u, _p, du) => du.set([u[1], -u[0]]), [1, 0], [0, 1]);
  expect(() => solve(plain, velocityVerlet(), { dt: 0.1 })).toThrow(expect.objectContaining({ code: "MISSING_CAPABILITY" }));
});
