import { expect, test } from "vitest";
import { odeProblem, rodas4, rodas5P, rosenbrock23, solve, vectorField } from "./index.ts";

test.each([rosenbrock23, rodas4, rodas5P].map((make) => [make.name, make] as const))("%s: a stage that is not finite leaves nothing behind once the step was tried again", (_name, make) => {
  for (const bad of [NaN, Infinity]) {
    for (const fault of [3, 4, 5, 6]) {
      let calls = 0;
      const f = vectorField((_t, u, _p, du) => {
        du[0] = ++calls === fault ? bad : -50 * u[0];
        du[1] = -u[1];
      }, { dim: 2, jacobian: (_t, _u, _p, J) => J.set([-50, 0, 0, -1]) });
      const { retcode, u, stats } = solve(odeProblem(f, [1, 1], [0, 1]), make({ autonomous: true }), { reltol: 1e-6, abstol: 1e-6, dt: 1e-3 });
      expect(retcode).toBe("success");
      expect(stats.nf).toBe(calls);
      expect(Math.abs(u.at(-1)![1] - Math.exp(-1))).toBeLessThan(2e-4);
      expect(stats.nreject).toBeGreaterThan(0);
    }
  }
});
