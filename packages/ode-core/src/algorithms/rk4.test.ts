import { expect, test } from "vitest";
import { testAlgorithm } from "@fluxion/testkit";
import { odeProblem, rk4, solve } from "../index.ts";

testAlgorithm(rk4, { order: 4, denseOrder: 3 });

test("rk4 takes four evaluations per step, and one more in all for dense output", () => {
  const problem = odeProblem((_t, u, _p, out) => void (out[0] = -u[0]), [1], [0, 1]);
  expect(solve(problem, rk4(), { dt: 0.1, dense: false }).stats.nf).toBe(40);
  expect(solve(problem, rk4(), { dt: 0.1, dense: true }).stats.nf).toBe(41);
});

test("rk4 takes no options", () => {
  expect(() => rk4({ dt: 0.1 } as never)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
});
