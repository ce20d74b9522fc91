// The four parameters of the Lotka-Volterra equations from noisy observations of prey and predators, with their standard errors.
// An argument names another sensitivity algorithm that makes Jacobians: finiteDifference.
import { mul, stack, sub, tracedField } from "@fluxion/autodiff";
import { seededRandom } from "@fluxion/nn-core";
import { fromConfig, odeProblem, solve, tsit5 } from "@fluxion/ode-core";
import { sensealgs } from "@fluxion/sensitivity";
import { leastSquares, trajectoryResiduals } from "@fluxion/train";

const sensealg = fromConfig(sensealgs, { name: process.argv[2] ?? "forwardSensitivity" });

// dx/dt = alpha x - beta x y, dy/dt = delta x y - gamma y
const model = tracedField((_t, u, p) => {
  const [x, y] = u;
  const [alpha, beta, gamma, delta] = p;
  return stack([mul(x, sub(alpha, mul(beta, y))), mul(y, sub(mul(delta, x), gamma))]);
}, { dim: 2, paramCount: 4 });

const truth = { alpha: 1.5, beta: 1, gamma: 3, delta: 1 };
const t = Float64Array.from({ length: 41 }, (_, k) => k / 4);
const noise = seededRandom(1);
// The start is known, all later states are observed with errors.
const u = solve(odeProblem(model, [1, 1], [0, 10], Object.values(truth)), tsit5(), { reltol: 1e-10, abstol: 1e-10, saveAt: t }).u.map((state, k) => (k === 0 ? state : state.map((x) => x + noise.normal(0, 0.05))));

const { p, standardErrors, variance, iterations, evaluations } = await leastSquares({
  evaluate: trajectoryResiduals({ model, trajectories: [{ t, u }], algorithm: tsit5(), sensealg }),
  start: [1.2, 0.8, 2.5, 0.8],
  lower: [0, 0, 0, 0],
});
Object.entries(truth).forEach(([name, value], i) => console.log(`${name.padEnd(5)} = ${p[i].toFixed(6)} +- ${standardErrors[i].toFixed(6)}, in truth ${value}`));
console.log(`noise = ${Math.sqrt(variance).toFixed(4)}, in truth 0.05; ${iterations} steps, ${evaluations} evaluations`);
