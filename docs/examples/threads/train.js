// Trains a Lagrangian network on two threads: `npm run build`, then `node docs/examples/threads/train.js`.
import { cosine } from "@fluxion/nn-core";
import { odeProblem, solve, vern7 } from "@fluxion/ode-core";
import { doublePendulum, sampleStates } from "@fluxion/systems";
import { trajectoryLossThreads } from "@fluxion/threads";
import { fit } from "@fluxion/train";
import { loss } from "./loss.js";

const t = Float64Array.from({ length: 11 }, (_, k) => k / 10);
const trajectories = sampleStates(32, [-0.2, -0.2, -0.2, -0.2], [0.2, 0.2, 0.2, 0.2], 1).map((u0) => ({
  t,
  u: solve(odeProblem(doublePendulum().field, u0, [0, 1]), vern7(), { reltol: 1e-12, abstol: 1e-12, saveAt: t }).u,
}));
const data = { trajectories, hidden: [16, 16] };
const evaluate = await trajectoryLossThreads(new URL("./loss.js", import.meta.url), { threads: 2, data });
const options = loss(data);
const stages = [2, 10].map((intervals) => ({ intervals, steps: 150, schedule: cosine({ peak: 0.01 }) }));
const { state } = await fit({ ...options, evaluate, start: options.model.init(1), stages, clipNorm: 1 });
console.log(`loss ${state.losses[0].toExponential(1)} -> ${state.losses.at(-1).toExponential(1)}`);
await evaluate.close();
