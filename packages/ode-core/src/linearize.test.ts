import { expect, test } from "vitest";
import { linearize, odeProblem, presetTimeCallback, rk4, solve, velocityVerlet, type SensitivityAlgorithm, type SensitivityContext } from "./index.ts";

const problem = odeProblem((_t, u, _p, out) => void (out[0] = -u[0]), [1], [0, 1]);
const spy = (extra: Partial<SensitivityAlgorithm> = {}): { sensealg: SensitivityAlgorithm; seen: SensitivityContext[] } => {
  const seen: SensitivityContext[] = [];
  const sensealg: SensitivityAlgorithm = {
    name: "spy",
    linearize: (context) => {
      seen.push(context);
      return { solution: context.solve(context.problem, context.algorithm, context.options), pull: () => ({ dp: new Float64Array(0), du0: Float64Array.of(7) }) };
    },
    ...extra,
  };
  return { sensealg, seen };
};

test("hands problem, algorithm, the other options and the solver to the sensealg", () => {
  const algorithm = rk4();
  for (const entry of [linearize, solve]) {
    const { sensealg, seen } = spy();
    const { solution, pull } = entry(problem, algorithm, { sensealg, dt: 0.1, saveAt: 0.5 });
    expect(seen[0].problem).toEqual(problem);
    expect(seen[0].algorithm).toBe(algorithm);
    expect(seen[0].options).toEqual({ dt: 0.1, saveAt: 0.5 });
    expect([...solution.t]).toEqual([0, 0.5, 1]);
    expect(pull([]).du0[0]).toBe(7);
  }
});

test("hands on copies of u0 and p, which the caller may change before pull", () => {
  const own = odeProblem((_t, u, p, out) => void (out[0] = p[0] * u[0]), [1], [0, 1], [-1]);
  const { sensealg, seen } = spy();
  linearize(own, rk4(), { sensealg, dt: 0.1 });
  own.p[0] = 5;
  own.u0[0] = 6;
  expect([seen[0].problem.p[0], seen[0].problem.u0[0]]).toEqual([-1, 1]);
});

test("throws MISSING_CAPABILITY for a kernel or a tableau that is not there", () => {
  const missing = expect.objectContaining({ code: "MISSING_CAPABILITY" });
  expect(() => linearize(problem, rk4(), { dt: 0.1, sensealg: spy({ requires: ["vjp"] }).sensealg })).toThrow("must provide vjp: it provides none; tracedField of @fluxion/autodiff makes fields with all, vectorField takes a vjp of your own");
  expect(() => linearize(problem, rk4(), { dt: 0.1, sensealg: spy({ requires: ["vjp"] }).sensealg })).toThrow(missing);
  const bare = { name: rk4().name, order: 4, stepper: rk4().stepper };
  expect(() => linearize(problem, bare, { dt: 0.1, sensealg: spy({ requiresTableau: true }).sensealg })).toThrow(missing);
  expect(linearize(problem, rk4(), { dt: 0.1, sensealg: spy({ requiresTableau: true }).sensealg }).solution.retcode).toBe("success");
});

test("throws MISSING_CAPABILITY for equations of the sensealg's own and a solver for fields of some structure", () => {
  const { sensealg } = spy({ solvesOtherField: true });
  expect(() => linearize(problem, velocityVerlet(), { dt: 0.1, sensealg })).toThrow('as the algorithm must solve equations of any structure: "velocityVerlet" solves "second-order" ones');
  expect(linearize(problem, rk4(), { dt: 0.1, sensealg }).solution.retcode).toBe("success");
});

test("throws MISSING_CAPABILITY for callbacks; an empty list is none", () => {
  const callback = presetTimeCallback({ times: [0.5], affect: () => undefined });
  const { sensealg } = spy();
  for (const given of [callback, [callback]]) {
    expect(() => linearize(problem, rk4(), { dt: 0.1, sensealg, callback: given })).toThrow(expect.objectContaining({ code: "MISSING_CAPABILITY" }));
  }
  expect(linearize(problem, rk4(), { dt: 0.1, sensealg, callback: [] }).solution.retcode).toBe("success");
});

test("a missing sensealg throws INVALID_OPTION; solve takes undefined for none", () => {
  expect(() => linearize(problem, rk4(), { dt: 0.1 } as never)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  expect(solve(problem, rk4(), { dt: 0.1, sensealg: undefined }).retcode).toBe("success");
});
