// The problems that other libraries solve in the benchmark `peers`, each as a user of theirs would write it. Starts and ends are those of bench-problems.ts.

/** One problem in the forms of other libraries. */
export interface PeerProblem {
  readonly id: "lotka_volterra" | "kepler_e06_10" | "pleiades";
  readonly title: string;
  /** For solvers whose right-hand sides return a new array. */
  readonly returned: (t: number, u: number[]) => number[];
  /** For SciPy: the body of `def f(t, u):`; NumPy is there as `np`. */
  readonly python: string;
}

const masses = [1, 2, 3, 4, 5, 6, 7];

function pleiades(_t: number, u: number[]): number[] {
  const out = u.slice(14);
  for (let i = 0; i < 7; i++) {
    let ax = 0;
    let ay = 0;
    for (let j = 0; j < 7; j++) {
      if (j === i) continue;
      const dx = u[j] - u[i];
      const dy = u[7 + j] - u[7 + i];
      const r2 = dx * dx + dy * dy;
      const r3 = r2 * Math.sqrt(r2);
      ax += (masses[j] * dx) / r3;
      ay += (masses[j] * dy) / r3;
    }
    out[14 + i] = ax;
    out[21 + i] = ay;
  }
  return out;
}

/** The problems by growing size. */
export const peerProblems: readonly PeerProblem[] = [
  {
    id: "lotka_volterra",
    title: "Lotka and Volterra's equations",
    returned: (_t, [x, y]) => [1.5 * x - x * y, x * y - 3 * y],
    python: "x, y = u\nreturn [1.5 * x - x * y, x * y - 3 * y]",
  },
  {
    id: "kepler_e06_10",
    title: "ten orbits of eccentricity 0.6",
    returned: (_t, [x, y, vx, vy]) => {
      const r2 = x * x + y * y;
      const r3 = r2 * Math.sqrt(r2);
      return [vx, vy, -x / r3, -y / r3];
    },
    python: "x, y, vx, vy = u\nr3 = (x * x + y * y) ** 1.5\nreturn [vx, vy, -x / r3, -y / r3]",
  },
  {
    id: "pleiades",
    title: "the Pleiades, seven stars in the plane",
    returned: pleiades,
    python: [
      "x, y = u[:7], u[7:14]",
      "dx, dy = x[None, :] - x[:, None], y[None, :] - y[:, None]",
      "r3 = (dx * dx + dy * dy + np.eye(7)) ** 1.5",
      "w = np.arange(1, 8) / r3",
      "return np.concatenate([u[14:], (w * dx).sum(axis=1), (w * dy).sum(axis=1)])",
    ].join("\n"),
  },
];
