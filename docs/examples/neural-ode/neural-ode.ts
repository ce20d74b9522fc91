// A neural ODE learns the cubic spiral du/dt = A u^3 from one trajectory of 251 samples: first its pieces of ten intervals, then
// all of it at once. As is usual with this example, the network sees the cubes of the state.
import { mul } from "@fluxion/autodiff";
import { chain, cosine, mlp, type Layer } from "@fluxion/nn-core";
import { neuralODE } from "@fluxion/node";
import { odeProblem, rk4, solve, tsit5 } from "@fluxion/ode-core";
import { discreteAdjoint } from "@fluxion/sensitivity";
import { fit, rollout, rolloutError } from "@fluxion/train";

const spiral = odeProblem((_t, [x, y], _p, du) => {
  du[0] = -0.1 * x ** 3 + 2 * y ** 3;
  du[1] = -2 * x ** 3 - 0.1 * y ** 3;
}, [2, 0], [0, 25]);
const t = Float64Array.from({ length: 251 }, (_, k) => k / 10);
const whole = { t, u: solve(spiral, tsit5(), { reltol: 1e-10, abstol: 1e-10, saveAt: t }).u };
// The field does not depend on time: where all pieces begin at t = 0, they are solved for in batches.
const pieces = Array.from({ length: 25 }, (_, k) => ({ t: t.slice(0, 11), u: whole.u.slice(10 * k, 10 * k + 11) }));

const cubes: Layer = { inputs: 2, outputs: 2, params: {}, init: () => {}, apply: (_params, u) => mul(u, mul(u, u)) };
const model = neuralODE({ dim: 2, network: (inputs, outputs) => chain(cubes, mlp({ hidden: [50] })(inputs, outputs)) });
const start = model.init(1);
const { state } = await fit({
  model, trajectories: [whole, ...pieces], algorithm: rk4(), solver: { dt: 0.05 }, sensealg: discreteAdjoint(), start, clipNorm: 1,
  stages: [
    { intervals: 10, steps: 1500, schedule: cosine({ peak: 0.02 }) },
    { intervals: 250, steps: 800, schedule: cosine({ peak: 0.0005 }) },
  ],
});
const error = (p: Float64Array): string => Math.sqrt(rolloutError(rollout(model, p, whole).u, whole, 25)).toExponential(1);
console.log(`root mean square error of the rollout to t = 25: ${error(start)} untrained, ${error(state.p)} trained`);
