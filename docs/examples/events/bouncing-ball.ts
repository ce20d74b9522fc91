import { continuousCallback, odeProblem, solve, tsit5 } from "@fluxion/ode-core";

// u = (height, velocity), p = (gravity, restitution); without gravity it rests.
const problem = odeProblem((_t, u, p, du) => {
  du[0] = u[1];
  du[1] = -p[0];
}, [5, 0], [0, 5], [9.81, 0.8]);

const bounce = continuousCallback({
  condition: (_t, u) => u[0],
  direction: "falling",
  affect: ({ t, u, p }) => {
    console.log(`hits the floor at t = ${t.toFixed(6)} with ${Math.abs(u[1]).toFixed(3)} m/s`);
    u[1] *= -p[1];
    if (u[1] < 1e-3) [u[0], u[1], p[0]] = [0, 0, 0];
  },
});

const solution = solve(problem, tsit5(), { callback: bounce });
for (let t = 0; t <= 5; t += 0.25) console.log(`${t.toFixed(2)} s ${" ".repeat(Math.round(12 * solution.at(t)[0]))}o`);
