// The gradient of a mean square error of trajectories by RK4 in 100 steps of 0.01: all stages are kept, the steps transposed.
#pragma once
#include NETWORK

constexpr int steps = 100;
constexpr Real dt = Real(0.01);

/// The states of `tile` trajectories and all stages.
template <int tile> struct Record {
  Real u[steps + 1][tile * inputs];
  Stage<tile> stages[steps][4];
};

/// Loss of `tile` trajectories from u0[tile][4] against targets[tile][steps][4], whose gradient by the parameters is added to G.
template <int tile> static Real rollout(const Real *u0, const Real *targets, Real scale, Record<tile> &R) {
  constexpr int n = tile * inputs;
  const auto target = [&](int step, int i) { return targets[(i / inputs * steps + step) * inputs + i % inputs]; };
  Real k1[n], k2[n], k3[n], k4[n], u[n], loss = 0;
  std::memcpy(R.u[0], u0, sizeof u);
  for (int step = 0; step < steps; step++) {
    const Real *from = R.u[step];
    Stage<tile> *stage = R.stages[step];
    rightHandSide<tile>(from, k1, stage[0]);
    for (int i = 0; i < n; i++) u[i] = from[i] + dt / 2 * k1[i];
    rightHandSide<tile>(u, k2, stage[1]);
    for (int i = 0; i < n; i++) u[i] = from[i] + dt / 2 * k2[i];
    rightHandSide<tile>(u, k3, stage[2]);
    for (int i = 0; i < n; i++) u[i] = from[i] + dt * k3[i];
    rightHandSide<tile>(u, k4, stage[3]);
    for (int i = 0; i < n; i++) {
      Real to = R.u[step + 1][i] = from[i] + dt / 6 * (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]), error = to - target(step, i);
      loss += error * error;
    }
  }
  Real lambda[n] = {};
  for (int step = steps - 1; step >= 0; step--) {
    const Stage<tile> *stage = R.stages[step];
    for (int i = 0; i < n; i++) lambda[i] += 2 * scale * (R.u[step + 1][i] - target(step, i));
    for (int i = 0; i < n; i++) u[i] = dt / 6 * lambda[i];
    vectorJacobian<tile>(u, k4, stage[3]);
    for (int i = 0; i < n; i++) u[i] = dt / 3 * lambda[i] + dt * k4[i];
    vectorJacobian<tile>(u, k3, stage[2]);
    for (int i = 0; i < n; i++) u[i] = dt / 3 * lambda[i] + dt / 2 * k3[i];
    vectorJacobian<tile>(u, k2, stage[1]);
    for (int i = 0; i < n; i++) u[i] = dt / 6 * lambda[i] + dt / 2 * k2[i];
    vectorJacobian<tile>(u, k1, stage[0]);
    for (int i = 0; i < n; i++) lambda[i] += k1[i] + k2[i] + k3[i] + k4[i];
  }
  return loss * scale;
}
