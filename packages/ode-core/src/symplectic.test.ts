import { expect, test } from "vitest";
import { kahanLi8, mcAte4, odeProblem, ruth3, solve, symplecticEuler, velocityVerlet, vectorField, yoshida6 } from "./index.ts";
import { leapfrogs, palindrome } from "./symplectic.ts";

const oscillator = vectorField((_t, u, _p, du) => du.set([u[1], -u[0]]), { dim: 2, structure: "second-order" });
const problem = odeProblem(oscillator, [1, 0], [0, 1]);

test("evaluations per step: one per kick, and the last one of a closed step serves the next", () => {
  for (const [algorithm, perStep, once] of [[symplecticEuler(), 1, 0], [velocityVerlet(), 1, 1], [ruth3(), 3, 0], [mcAte4(), 4, 0], [yoshida6(), 7, 1], [kahanLi8(), 17, 1]] as const) {
    expect(solve(problem, algorithm, { dt: 0.1, dense: false }).stats.nf).toBe(10 * perStep + once);
    // Dense output needs the acceleration at the end of the step, which is then the next step's first.
    expect(solve(problem, algorithm, { dt: 0.1, dense: true }).stats.nf).toBe(10 * perStep + 1);
  }
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
