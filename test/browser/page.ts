// Runs in a page: trains a small Lagrangian network through the solver and writes the backend and the losses into the body.
import { resolveBackend } from "@fluxion/autodiff";
import { structuredLagrangianNN } from "@fluxion/lnn";
import { cosine, mlp } from "@fluxion/nn-core";
import { dop853, odeProblem, rk4, solve, tsit5, type BoundField, type InPlaceRhs } from "@fluxion/ode-core";
import { discreteAdjoint } from "@fluxion/sensitivity";
import { doublePendulum, sampleStates } from "@fluxion/systems";
import { fit } from "@fluxion/train";
import type { PageResult } from "./same-numbers.ts";

const t = Float64Array.from({ length: 11 }, (_, k) => k / 10);
const trajectories = sampleStates(2, [-0.2, -0.2, -0.2, -0.2], [0.2, 0.2, 0.2, 0.2], 1).map((u0) => ({
  t,
  u: solve(odeProblem(doublePendulum().field, u0, [0, 1]), tsit5(), { reltol: 1e-12, abstol: 1e-12, saveAt: t }).u,
}));
const model = structuredLagrangianNN({ coordinates: 2, angles: [0, 1], energyScale: 10, network: mlp({ hidden: [8, 8] }) });

function ring(): number[] {
  const f: InPlaceRhs = (_t, u, _p, out) => {
    for (let i = 0; i < 10; i++) out[i] = u[(i + 1) % 10] - u[(i + 9) % 10] - 0.1 * u[i];
  };
  const { u } = solve(odeProblem(f, Array.from({ length: 10 }, (_, i) => i - 3), [0, 5]), dop853(), { saveAt: [5] });
  return [...u[0]];
}

function kernels(): number[] {
  const bound = model.bind(model.init(1)) as Required<BoundField>;
  const [u, w, du, outU, outP] = [Float64Array.of(0.3, -0.4, 0.5, 0.7), Float64Array.of(1, -0.5, 0.2, 0.8), new Float64Array(4), new Float64Array(4), new Float64Array(model.paramCount)];
  bound.rhs(0, u, du);
  bound.vjp(0, u, w, outU, outP);
  return [...du, ...outU, ...outP];
}

export async function train(): Promise<PageResult> {
  const { state } = await fit({
    model, trajectories, algorithm: rk4(), solver: { dt: 0.05 }, sensealg: discreteAdjoint(), start: model.init(1),
    stages: [{ intervals: 2, steps: 20, schedule: cosine({ peak: 0.01 }) }], clipNorm: 1,
  });
  return { backend: resolveBackend().name, kernels: kernels(), losses: state.losses, ring: ring() };
}

const page = (globalThis as { readonly document?: { readonly body: { textContent: string } } }).document;
if (page) void train().then((result) => (page.body.textContent = JSON.stringify(result)), (error: unknown) => (page.body.textContent = String(error)));
