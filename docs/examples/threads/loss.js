// Loaded by each thread.
import { structuredLagrangianNN } from "@fluxion/lnn";
import { meanSquaredError, mlp } from "@fluxion/nn-core";
import { rk4 } from "@fluxion/ode-core";
import { discreteAdjoint } from "@fluxion/sensitivity";

export const loss = ({ trajectories, hidden }) => ({
  model: structuredLagrangianNN({ coordinates: 2, angles: [0, 1], energyScale: 10, network: mlp({ hidden }) }),
  trajectories, loss: meanSquaredError(), algorithm: rk4(), solver: { dt: 0.05 }, sensealg: discreteAdjoint(),
});
