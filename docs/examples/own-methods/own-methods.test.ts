import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { odeProblem, solve } from "@fluxion/ode-core";
import { testAlgorithm, testSensealg } from "@fluxion/testkit";
import { expect, test } from "vitest";
import { backsolveAdjoint } from "./backsolve-adjoint.ts";
import { ssprk3 } from "./ssprk3.ts";

testAlgorithm(ssprk3, { order: 3, denseOrder: 2 });
testSensealg(backsolveAdjoint);

test("a step of ssprk3 is the convex combination of Euler steps that it is known for", () => {
  const f = (t: number, u: number): number => t - u * u;
  const euler = (t: number, u: number): number => u + 0.1 * f(t, u);
  const first = euler(0.3, 0.8);
  const second = (3 / 4) * 0.8 + (1 / 4) * euler(0.4, first);
  const { u } = solve(odeProblem((t, [x], _p, du) => void (du[0] = f(t, x)), [0.8], [0.3, 0.4]), ssprk3(), { dt: 0.1 });
  expect(u[1][0]).toBeCloseTo((1 / 3) * 0.8 + (2 / 3) * euler(0.35, second), 15);
});

test("the program runs, and its gradients are those of the closed form", () => {
  const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
  const output = execFileSync(process.execPath, [path("../../../node_modules/tsx/dist/cli.mjs"), "-C", "@fluxion/source", path("own-methods.ts")], { encoding: "utf8" });
  const printed = [...output.matchAll(/\d\.\d{6}/g)].map(([text]) => Number(text));
  // u = K u0 / D with D = u0 + (K - u0) e
  const [u0, r, K] = [0.5, 1.2, 2];
  const e = Math.exp(-3 * r);
  const D = u0 + (K - u0) * e;
  const expected = [(K * u0) / D, (3 * K * u0 * (K - u0) * e) / D ** 2, (u0 * u0 * (1 - e)) / D ** 2, (K * K * e) / D ** 2];
  expect(printed.length).toBe(4);
  printed.forEach((x, i) => expect(Math.abs(x - expected[i])).toBeLessThan(2e-6));
});
