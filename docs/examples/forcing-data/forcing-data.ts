// A house without heating for a day: temperatures outside, measured every hour, drive the one inside. How warm is it in the end,
// and how does that depend on what the thermometer showed at each hour?
import { at, cubicSpline, interp, mul, slice, sub, tracedField } from "@fluxion/autodiff";
import { odeProblem, solve, tsit5 } from "@fluxion/ode-core";
import { discreteAdjoint } from "@fluxion/sensitivity";

const hours = Array.from({ length: 25 }, (_, h) => h);
const outside = [4, 3.6, 3.1, 2.9, 2.4, 2, 2.3, 3.5, 5.2, 7.4, 9.1, 10.6, 11.8, 12.3, 12.5, 12.1, 11.2, 9.7, 8.4, 7.5, 6.6, 6, 5.4, 4.9, 4.5];
const rate = 0.12; // per hour
const tolerances = { reltol: 1e-9, abstol: 1e-9 };

// dT/dt = k (outside(t) - T), with p = (k, what was measured): straight lines from hour to hour, whose ends are traced, too.
const house = tracedField((t, u, p) => mul(at(p, 0), sub(interp(t, hours, slice(p, 1, 26)), u)), { dim: 1, paramCount: 26 });
const problem = odeProblem(house, [20], [0, 24], [rate, ...outside]);
// Steps end where the lines bend.
const { solution, pull } = solve(problem, tsit5(), { ...tolerances, tstops: hours, saveAt: [24], sensealg: discreteAdjoint() });
console.log(`lines: ${solution.u[0][0].toFixed(6)} degrees, ${solution.stats.nf} evaluations`);

const { dp } = pull([Float64Array.of(1)]);
for (const h of [0, 12, 23, 24]) console.log(`one degree more at hour ${h}: ${dp[1 + h].toFixed(6)}`);

// A smooth curve has no corners to stop at.
const spline = cubicSpline(hours, outside);
const smooth = tracedField((t, u, p) => mul(at(p, 0), sub(spline(t), u)), { dim: 1, paramCount: 1 });
const curve = solve(odeProblem(smooth, [20], [0, 24], [rate]), tsit5(), { ...tolerances, saveAt: [24] });
console.log(`curve: ${curve.u[0][0].toFixed(6)} degrees, ${curve.stats.nf} evaluations`);
