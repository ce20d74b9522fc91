// The worker: trains the network, and tells the page some times a second how it would move.
import { structuredLagrangianNN } from "@fluxion/lnn";
import { cosine, meanSquaredError, mlp } from "@fluxion/nn-core";
import { odeProblem, rk4, solve, tsit5, type VectorField } from "@fluxion/ode-core";
import { discreteAdjoint } from "@fluxion/sensitivity";
import { doublePendulum, sampleStates } from "@fluxion/systems";
import { fit, lbfgs, trajectoryLoss } from "@fluxion/train";

/** What the page is told. Solutions hold functions, which cannot be posted: their states can. */
export interface Report {
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  /** States `(theta1, theta2, omega1, omega2)` of both, 60 a second; of the network as many as it got to. */
  readonly truth: readonly Float64Array[];
  readonly motion: readonly Float64Array[];
  readonly status: "training" | "finished" | "aborted";
}

const truthField = doublePendulum().field;
const motionOf = (field: VectorField, p: ArrayLike<number>): readonly Float64Array[] => solve(odeProblem(field, [0.8, -0.4, 0.4, 0.8], [0, 3], p), tsit5(), { saveAt: 1 / 60 }).u;

const t = Float64Array.from({ length: 11 }, (_, k) => k / 10);
const trajectories = sampleStates(12, [-0.8, -0.8, -0.8, -0.8], [0.8, 0.8, 0.8, 0.8], 1).map((u0) => ({ t, u: solve(odeProblem(truthField, u0, [0, 1]), tsit5(), { reltol: 1e-10, saveAt: t }).u }));
const model = structuredLagrangianNN({ coordinates: 2, angles: [0, 1], energyScale: 10, network: mlp({ hidden: [16, 16] }) });
const matching = { model, trajectories, algorithm: rk4(), solver: { dt: 0.05 }, sensealg: discreteAdjoint() };
const stages = [2, 10].map((intervals) => ({ intervals, steps: 500, schedule: cosine({ peak: 0.02 }) }));
/** Steps of Adam, then of L-BFGS. */
const [coarse, fine] = [1000, 2000];
const truth = motionOf(truthField, []);

let last = -Infinity;
const report = (step: number, p: Float64Array, loss: number, status: Report["status"]): void => {
  if (status === "training" && performance.now() - last < 50) return;
  last = performance.now();
  const told: Report = { step, steps: coarse + fine, loss, truth, motion: motionOf(model, p), status };
  self.postMessage(told);
};

const stop = new AbortController();
const { signal } = stop;
// Any message from the page stops it.
self.addEventListener("message", () => stop.abort());
const { state, status } = await fit({ ...matching, start: model.init(1), stages, clipNorm: 1, signal, onPause: ({ p, losses }) => report(losses.length, p, losses.at(-1) ?? NaN, "training") });
const evaluate = trajectoryLoss({ ...matching, loss: meanSquaredError() });
const found = await lbfgs({ evaluate, start: state.p, maxIterations: fine, signal, onProgress: ({ iterations, loss, p }) => report(coarse + iterations, p, loss, "training") });
report(state.step + found.iterations, found.p, found.loss, status === "finished" && found.status !== "aborted" ? "finished" : "aborted");
