import { expect, test } from "vitest";
import { continuousCallback, odeProblem, rk4, solve, solveAsync, tsit5, type InPlaceRhs } from "./index.ts";

const rotation: InPlaceRhs = (_t, u, _p, out) => {
  out[0] = -u[1];
  out[1] = u[0];
};
const long = odeProblem(rotation, [1, 0], [0, 1e9]);

test.each([
  ["with step-size control", tsit5(), { reltol: 1e-9 }],
  ["in fixed steps", rk4(), { dt: 0.01 }],
  ["with saved times and events", tsit5(), { saveAt: 0.5, callback: continuousCallback({ condition: (_t, u) => u[0] }) }],
] as const)("%s it gives the bits of solve", async (_name, algorithm, options) => {
  const problem = odeProblem(rotation, [1, 0], [0, 30]);
  const [{ at: _a, derivative: _b, ...now }, { at: _c, derivative: _d, ...later }] = [solve(problem, algorithm, options), await solveAsync(problem, algorithm, options)];
  expect(later).toEqual(now);
});

test("timers get their turn, and an aborted signal ends it", async () => {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  const { retcode, t } = await solveAsync(long, tsit5(), { signal: AbortSignal.timeout(150), saveAt: [1], maxIters: 1e9 });
  clearInterval(timer);
  expect(retcode).toBe("aborted");
  expect([...t]).toEqual([1]);
  expect(ticks).toBeGreaterThan(2);
});

test("what solve throws rejects it", async () => {
  await expect(solveAsync(long, rk4())).rejects.toMatchObject({ code: "INVALID_OPTION" });
});
