// The rates of an SIR epidemic from noisy counts of the infected, on weekdays only: nobody counts the susceptible, and how it began is unknown.
import { at, mul, stack, sub, tracedField, type Tensor } from "@fluxion/autodiff";
import { seededRandom } from "@fluxion/nn-core";
import { odeProblem, solve, tsit5 } from "@fluxion/ode-core";
import { forwardSensitivity } from "@fluxion/sensitivity";
import { leastSquares, trajectoryResiduals, type Trajectory } from "@fluxion/train";

// Shares of the population: dS/dt = -beta S I, dI/dt = beta S I - gamma I. I at the start is a parameter, too.
const sir = tracedField((_t, u, p) => {
  const [infections, recoveries] = [mul(at(p, 0), mul(at(u, 0), at(u, 1))), mul(at(p, 1), at(u, 1))];
  return stack([mul(-1, infections), sub(infections, recoveries)]);
}, { dim: 2, paramCount: 3 });
const initialState = (p: Tensor): Tensor => stack([sub(1, at(p, 2)), at(p, 2)]);

const truth = { beta: 0.5, gamma: 0.2, start: 0.01 };
const t = Float64Array.from({ length: 41 }, (_, day) => day);
const motion = solve(odeProblem(sir, [1 - truth.start, truth.start], [0, 40], [truth.beta, truth.gamma, 0]), tsit5(), { reltol: 1e-10, abstol: 1e-10, saveAt: t });
const noise = seededRandom(1);
// NaN stands for what was not observed.
const counts = motion.u.map(([, infected], day) => (day % 7 < 5 ? infected + noise.normal(0, 0.005) : NaN));
const infectedOnly: Trajectory = { t, u: counts.map((count) => Float64Array.of(count)) };
const observe = (_t: Tensor, u: Tensor): Tensor => at(u, 1);
// Without initialState a solve starts at the first observed state, as if that were exact.
const fromFirst: Trajectory = { t, u: counts.map((count, day) => Float64Array.of(day === 0 ? 1 - count : NaN, count)) };

const options = { model: sir, algorithm: tsit5(), solver: { reltol: 1e-7, abstol: 1e-9 }, sensealg: forwardSensitivity() };
for (const [name, given] of [["free start", { trajectories: [infectedOnly], observe, initialState }], ["first observation", { trajectories: [fromFirst] }]] as const) {
  const { p, standardErrors } = await leastSquares({ evaluate: trajectoryResiduals({ ...options, ...given }), start: [0.3, 0.1, 0.02], lower: [0, 0, 0], upper: [Infinity, Infinity, 1] });
  const [beta, gamma] = [0, 1].map((i) => `${p[i].toFixed(4)} +- ${standardErrors[i].toFixed(4)}`);
  const error = Math.max(Math.abs(p[0] / truth.beta - 1), Math.abs(p[1] / truth.gamma - 1));
  console.log(`${name}: beta = ${beta}, gamma = ${gamma}, off by ${(100 * error).toFixed(1)} %`);
}
