// The four parameters of the Lotka-Volterra equations from noisy observations of prey and predators.
// An argument names another sensitivity algorithm: interpolatingAdjoint, forwardSensitivity, ...
import { mul, stack, sub, tracedField } from "@fluxion/autodiff";
import { adam, cosine, seededRandom } from "@fluxion/nn-core";
import { fromConfig, linearize, odeProblem, remake, solve, tsit5 } from "@fluxion/ode-core";
import { sensealgs } from "@fluxion/sensitivity";

const sensealg = fromConfig(sensealgs, { name: process.argv[2] ?? "discreteAdjoint" });

// dx/dt = alpha x - beta x y, dy/dt = delta x y - gamma y
const lotkaVolterra = tracedField((_t, u, p) => {
  const [x, y] = u;
  const [alpha, beta, gamma, delta] = p;
  return stack([mul(x, sub(alpha, mul(beta, y))), mul(y, sub(mul(delta, x), gamma))]);
}, { dim: 2, paramCount: 4 });

const truth = { alpha: 1.5, beta: 1, gamma: 3, delta: 1 };
const problem = odeProblem(lotkaVolterra, [1, 1], [0, 10], Object.values(truth));
const saveAt = Array.from({ length: 40 }, (_, k) => (k + 1) / 4);
const noise = seededRandom(1);
const observed = solve(problem, tsit5(), { reltol: 1e-10, abstol: 1e-10, saveAt }).u.map((u) => u.map((x) => x + noise.normal(0, 0.05)));

const p = Float64Array.of(1.2, 0.8, 2.5, 0.8);
const optimizer = adam().start(p.length);
const { rate } = cosine({ peak: 0.1 });
for (let step = 0; step < 1000; step++) {
  const { solution, pull } = linearize(remake(problem, { p }), tsit5(), { saveAt, sensealg });
  // The gradient of half the sum of squares by each saved state is its residual.
  const { dp } = pull(solution.u.map((u, k) => u.map((x, i) => x - observed[k][i])));
  optimizer.update(p, dp, rate(step, 1000));
}
Object.entries(truth).forEach(([name, value], i) => console.log(`${name.padEnd(5)} = ${p[i].toFixed(6)}, in truth ${value}`));
