// Gravity and restitution of a ball from noisy heights, over six bounces: sensitivities go through the events, whose times depend on both.
import { at, mul, neg, stack, tracedEvent, tracedField } from "@fluxion/autodiff";
import { seededRandom } from "@fluxion/nn-core";
import { continuousCallback, odeProblem, solve, tsit5 } from "@fluxion/ode-core";
import { forwardSensitivity } from "@fluxion/sensitivity";
import { leastSquares, trajectoryResiduals } from "@fluxion/train";

// u = (height, speed), p = (gravity, restitution)
const sizes = { dim: 2, paramCount: 2 };
const model = tracedField((_t, u, p) => stack([at(u, 1), neg(at(p, 0))]), sizes);
const floor = tracedEvent({ ...sizes, condition: (_t, u) => at(u, 0), affect: (_t, u, p) => stack([0, neg(mul(at(p, 1), at(u, 1)))]) });
const callback = continuousCallback({ ...floor, direction: "falling", save: "none" });

const truth = [9.81, 0.8];
const t = Float64Array.from({ length: 61 }, (_, k) => k / 20);
const noise = seededRandom(1);
const { u, events } = solve(odeProblem(model, [1, 0], [0, 3], truth), tsit5(), { saveAt: t, callback });
// Speeds are not observed, but for that at the start.
const observed = u.map(([height, speed], k) => (k === 0 ? Float64Array.of(height, speed) : Float64Array.of(height + noise.normal(0, 0.01), NaN)));

const { p, standardErrors } = await leastSquares({
  evaluate: trajectoryResiduals({ model, trajectories: [{ t, u: observed }], algorithm: tsit5(), solver: { callback }, sensealg: forwardSensitivity() }),
  start: [9.5, 0.75], lower: [0, 0], upper: [Infinity, 1],
});
console.log(`${events.length} bounces`);
["gravity", "restitution"].forEach((name, i) => console.log(`${name} = ${p[i].toFixed(4)} +- ${standardErrors[i].toFixed(4)}, in truth ${truth[i]}`));
