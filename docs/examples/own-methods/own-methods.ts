// A solver and a sensitivity algorithm of one's own, each in a file, are used by their names in config.json as those of the packages are.
import { readFileSync } from "node:fs";
import { at, div, mul, sub, tracedField } from "@fluxion/autodiff";
import { algorithms, fromConfig, linearize, odeProblem } from "@fluxion/ode-core";
import { sensealgs } from "@fluxion/sensitivity";
import { backsolveAdjoint } from "./backsolve-adjoint.ts";
import { ssprk3 } from "./ssprk3.ts";

const { solver: { name, dt }, sensealg } = JSON.parse(readFileSync(new URL("config.json", import.meta.url), "utf8"));

// Logistic growth, p = (rate, capacity).
const growth = tracedField((_t, u, p) => mul(mul(at(p, 0), u), sub(1, div(u, at(p, 1)))), { dim: 1, paramCount: 2 });
const { solution, pull } = linearize(odeProblem(growth, [0.5], [0, 3], [1.2, 2]), fromConfig({ ...algorithms, ssprk3 }, { name }), {
  dt,
  saveAt: [3],
  sensealg: fromConfig({ ...sensealgs, backsolveAdjoint }, sensealg),
});
const { dp, du0 } = pull([Float64Array.of(1)]);
console.log(`u(3) = ${solution.u[0][0].toFixed(6)}, by rate ${dp[0].toFixed(6)}, by capacity ${dp[1].toFixed(6)}, by u(0) ${du0[0].toFixed(6)}`);
