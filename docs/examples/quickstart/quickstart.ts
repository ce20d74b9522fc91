import { structuredLagrangianNN } from "@fluxion/lnn";
import { cosine, mlp } from "@fluxion/nn-core";
import { odeProblem, rk4, solve, tsit5 } from "@fluxion/ode-core";
import { discreteAdjoint } from "@fluxion/sensitivity";
import { doublePendulum, sampleStates } from "@fluxion/systems";
import { fit, rollout, rolloutError } from "@fluxion/train";

const t = Float64Array.from({ length: 11 }, (_, k) => k / 10);
const trajectories = sampleStates(4, [-0.2, -0.2, -0.2, -0.2], [0.2, 0.2, 0.2, 0.2], 1).map((u0) => ({
  t,
  u: solve(odeProblem(doublePendulum().field, u0, [0, 1]), tsit5(), { reltol: 1e-12, abstol: 1e-12, saveAt: t }).u,
}));
const model = structuredLagrangianNN({ coordinates: 2, angles: [0, 1], energyScale: 10, network: mlp({ hidden: [16, 16] }) });
const { state } = await fit({
  model, trajectories, algorithm: rk4(), solver: { dt: 0.05 }, sensealg: discreteAdjoint(), start: model.init(1),
  stages: [2, 10].map((intervals) => ({ intervals, steps: 300, schedule: cosine({ peak: 0.01 }) })), clipNorm: 1,
});
const error = rolloutError(rollout(model, state.p, trajectories[0]).u, trajectories[0], 1);
console.log(`loss ${state.losses[0].toExponential(1)} -> ${state.losses.at(-1)!.toExponential(1)}, rollout error ${error.toExponential(1)}`);
