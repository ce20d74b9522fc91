import type { InPlaceRhs } from "@fluxion/ode-core";

/** A benchmark problem; starts at t = 0. */
export interface BenchProblem {
  readonly id: string;
  readonly end: number;
  readonly u0: readonly number[];
  readonly f: InPlaceRhs;
}

const lotkaVolterra: InPlaceRhs = (_t, u, _p, du) => {
  du[0] = 1.5 * u[0] - u[0] * u[1];
  du[1] = -3 * u[1] + u[0] * u[1];
};

const lorenz: InPlaceRhs = (_t, u, _p, du) => {
  du[0] = 10 * (u[1] - u[0]);
  du[1] = u[0] * (28 - u[2]) - u[1];
  du[2] = u[0] * u[1] - (8 / 3) * u[2];
};

const arenstorf: InPlaceRhs = (_t, u, _p, du) => {
  const mu = 0.012277471;
  const mu1 = 1 - mu;
  const a = u[0] + mu;
  const b = u[0] - mu1;
  const v2 = u[1] * u[1];
  const r1 = a * a + v2;
  const r2 = b * b + v2;
  const d1 = r1 * Math.sqrt(r1);
  const d2 = r2 * Math.sqrt(r2);
  du[0] = u[2];
  du[1] = u[3];
  du[2] = u[0] + 2 * u[3] - (mu1 * a) / d1 - (mu * b) / d2;
  du[3] = u[1] - 2 * u[2] - (mu1 * u[1]) / d1 - (mu * u[1]) / d2;
};

const kepler: InPlaceRhs = (_t, u, _p, du) => {
  const r2 = u[0] * u[0] + u[1] * u[1];
  const r3 = r2 * Math.sqrt(r2);
  du[0] = u[2];
  du[1] = u[3];
  du[2] = -u[0] / r3;
  du[3] = -u[1] / r3;
};

const doublePendulum: InPlaceRhs = (_t, u, _p, du) => {
  const g = 9.81;
  const c = Math.cos(u[0] - u[1]);
  const s = Math.sin(u[0] - u[1]);
  const a1 = 0.5 * c;
  const f1 = -0.5 * u[3] * u[3] * s - g * Math.sin(u[0]);
  const f2 = u[2] * u[2] * s - g * Math.sin(u[1]);
  du[0] = u[2];
  du[1] = u[3];
  du[2] = (f1 - a1 * f2) / (1 - a1 * c);
  du[3] = (f2 - c * f1) / (1 - a1 * c);
};

const pleiades: InPlaceRhs = (_t, u, _p, du) => {
  for (let i = 0; i < 7; i++) {
    let ax = 0;
    let ay = 0;
    for (let j = 0; j < 7; j++) {
      if (j === i) continue;
      const dx = u[j] - u[i];
      const dy = u[7 + j] - u[7 + i];
      const r2 = dx * dx + dy * dy;
      const r3 = r2 * Math.sqrt(r2);
      ax += ((j + 1) * dx) / r3;
      ay += ((j + 1) * dy) / r3;
    }
    du[i] = u[14 + i];
    du[7 + i] = u[21 + i];
    du[14 + i] = ax;
    du[21 + i] = ay;
  }
};

const brusselator: InPlaceRhs = (_t, y, _p, dy) => {
  const n = 32;
  const c = (33 * 33) / 50;
  for (let i = 0; i < n; i++) {
    const u = y[i];
    const v = y[n + i];
    const uuv = u * u * v;
    dy[i] = 1 + uuv - 4 * u + c * ((i > 0 ? y[i - 1] : 1) - 2 * u + (i < n - 1 ? y[i + 1] : 1));
    dy[n + i] = 3 * u - uuv + c * ((i > 0 ? y[n + i - 1] : 3) - 2 * v + (i < n - 1 ? y[n + i + 1] : 3));
  }
};

/** The problems of the solver benchmark; `../native/problems.c` holds the same formulas. */
export const benchProblems: readonly BenchProblem[] = [
  { id: "lotka_volterra", end: 10, u0: [1, 1], f: lotkaVolterra },
  { id: "lorenz", end: 20, u0: [1, 0, 0], f: lorenz },
  { id: "arenstorf", end: 17.065216560157964, u0: [0.994, 0, 0, -2.0015851063790824], f: arenstorf },
  { id: "kepler_e06_10", end: 62.83185307179586, u0: [0.4, 0, 0, 2], f: kepler },
  { id: "dblpend_large", end: 10, u0: [1.3463968515384828, 2.356194490192345, 0, 0], f: doublePendulum },
  { id: "pleiades", end: 3, u0: [3, 3, -1, -3, 2, -2, 2, 3, -3, 2, 0, 0, -4, 4, 0, 0, 0, 0, 0, 1.75, -1.5, 0, 0, 0, -1.25, 1, 0, 0], f: pleiades },
  { id: "brusselator1d_32", end: 10, u0: Array.from({ length: 64 }, (_, i) => (i < 32 ? 1 + Math.sin((2 * Math.PI * (i + 1)) / 33) : 3)), f: brusselator },
];
