// Runs in a page: trains a small Lagrangian network through the solver and writes the backend and the losses into the body.
import { resolveBackend } from "@fluxion/autodiff";
import { structuredLagrangianNN } from "@fluxion/lnn";
import { cosine, mlp } from "@fluxion/nn-core";
import { odeProblem, rk4, solve, tsit5 } from "@fluxion/ode-core";
import { discreteAdjoint } from "@fluxion/sensitivity";
import { doublePendulum, sampleStates } from "@fluxion/systems";
import { fit } from "@fluxion/train";

const t = Float64Array.from({ length: 11 }, (_, k) => k / 10);
const trajectories = sampleStates(2, [-0.2, -0.2, -0.2, -0.2], [0.2, 0.2, 0.2, 0.2], 1).map((u0) => ({
  t,
  u: solve(odeProblem(doublePendulum().field, u0, [0, 1]), tsit5(), { reltol: 1e-12, abstol: 1e-12, saveAt: t }).u,
}));
const model = structuredLagrangianNN({ coordinates: 2, angles: [0, 1], energyScale: 10, network: mlp({ hidden: [8, 8] }) });

/** The backend in use, and the losses of 20 steps. */
export async function train(): Promise<{ readonly backend: string; readonly losses: readonly number[] }> {
  const { state } = await fit({
    model, trajectories, algorithm: rk4(), solver: { dt: 0.05 }, sensealg: discreteAdjoint(), start: model.init(1),
    stages: [{ intervals: 2, steps: 20, schedule: cosine({ peak: 0.01 }) }], clipNorm: 1,
  });
  return { backend: resolveBackend().name, losses: state.losses };
}

const page = (globalThis as { readonly document?: { readonly body: { textContent: string } } }).document;
if (page) void train().then((result) => (page.body.textContent = JSON.stringify(result)), (error: unknown) => (page.body.textContent = String(error)));
