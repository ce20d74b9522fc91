import { bs3, heun, linearize, odeProblem, rk4, solve, tsit5, vectorField, type Algorithm, type ButcherTableau, type SolveOptions, type StepTape, type VectorField } from "@fluxion/ode-core";
import { describe, expect, test } from "vitest";
import { discreteAdjoint } from "./discrete-adjoint.ts";

/** `u'' = -p sin u`, with derivatives by hand. */
const plain = vectorField((_t, u, p, out) => {
  out[0] = u[1];
  out[1] = -p[0] * Math.sin(u[0]);
}, {
  dim: 2,
  paramCount: 1,
  vjp: (_t, u, p, w, outU, outP) => {
    outU[0] = -p[0] * Math.cos(u[0]) * w[1];
    outU[1] = w[0];
    outP[0] -= Math.sin(u[0]) * w[1];
  },
});

/** The same with tapes of up to `room` steps, taken and transposed by its own simple code, and counts of what is used. */
function stepping(room = Infinity): { field: VectorField; counts: { tapes: number; pushed: number; pulled: number } } {
  const counts = { tapes: 0, pushed: 0, pulled: 0 };
  let last: object | undefined;
  const field: VectorField = {
    ...plain,
    bind: (p) => {
      const bound = plain.bind(p);
      const stepTape = ({ a, b }: ButcherTableau): StepTape => {
        counts.tapes++;
        const kept: { h: number; ys: Float64Array[] }[] = [];
        const sums = new Float64Array(1);
        const own: StepTape = {
          get open() {
            return last === own;
          },
          stages: b.length,
          push: (t, h, u, out) => {
            if (last !== own || kept.length >= room) return -1;
            counts.pushed++;
            const ks: Float64Array[] = [];
            const ys = [...a, b].map((row) => {
              const y = u.map((x, l) => x + h * row.reduce((sum, aij, j) => sum + aij * (ks[j]?.[l] ?? 0), 0));
              bound.rhs(t, y, (ks[ks.length] = new Float64Array(2)));
              return y;
            });
            out.set(ys.pop()!);
            return kept.push({ h, ys }) - 1;
          },
          pull: (i, lambda) => {
            counts.pulled++;
            const { h, ys } = kept[i];
            const bars = b.map((bi) => lambda.map((x) => h * bi * x));
            for (let s = b.length - 1; s >= 0; s--) {
              const yBar = new Float64Array(2);
              bound.vjp!(0, ys[s], bars[s], yBar, sums);
              a[s].forEach((x, j) => yBar.forEach((y, l) => (bars[j][l] += h * x * y)));
              yBar.forEach((y, l) => (lambda[l] += y));
            }
          },
          clearGradient: () => void sums.fill(0),
          addGradient: (out) => void (out[0] += sums[0]),
        };
        last = own;
        return own;
      };
      return { ...bound, stepTape };
    },
  };
  return { field, counts };
}

const sensealg = discreteAdjoint();
const uBar = (count: number): Float64Array[] => Array.from({ length: count }, (_, k) => Float64Array.of(1 + k, -k));
const problem = (field: VectorField, tspan: [number, number] = [0, 1.25]): ReturnType<typeof odeProblem> => odeProblem(field, [1, -0.5], tspan, [2]);

function expectSame(field: VectorField, algorithm: Algorithm, options: SolveOptions, tspan?: [number, number]): void {
  const [got, expected] = [field, plain].map((f) => linearize(problem(f, tspan), algorithm, { ...options, sensealg }));
  expect(got.solution.t).toEqual(expected.solution.t);
  got.solution.u.forEach((u, i) => u.forEach((x, j) => expect(x).toBeCloseTo(expected.solution.u[i][j], 14)));
  const [a, b] = [got, expected].map((one) => one.pull(uBar(one.solution.t.length)));
  for (const key of ["dp", "du0"] as const) a[key].forEach((x, i) => expect(Math.abs(x - b[key][i])).toBeLessThan(1e-13 * (1 + Math.abs(b[key][i]))));
}

describe("a field that takes steps itself does so", () => {
  test.each([
    ["rk4", rk4(), { dt: 0.25, saveAt: [0, 0.5, 0.5, 1.25] }, [0, 1.25], 5],
    ["a last step that is shorter", heun(), { dt: 0.2, adaptive: false, saveAt: 0.4 }, [0, 1.25], 7],
    ["backwards, from another time", rk4(), { dt: 0.125, saveAt: [1, 0.5] }, [1.25, 0.25], 8],
    ["an adaptive method told not to be", tsit5(), { dt: 0.25, adaptive: false, saveAt: [0.25, 0.75] }, [0, 1.25], 5],
    ["nothing to be saved at the end", rk4(), { dt: 0.25, saveAt: [0.25] }, [0, 1.25], 5],
  ] as const)("%s", (_name, algorithm, options, tspan, steps) => {
    const { field, counts } = stepping();
    expectSame(field, algorithm, options, [...tspan]);
    expect(counts.pushed).toBe(steps);
    expect(counts.pulled).toBeGreaterThan(0);
  });
});

describe("and leaves to the integrator", () => {
  test.each([
    ["times inside of steps", rk4(), { dt: 0.25, saveAt: [0.3] }],
    ["dense output", rk4(), { dt: 0.25 }],
    ["every step", rk4(), { dt: 0.25, dense: false }],
    ["stops", rk4(), { dt: 0.25, saveAt: [1], tstops: [0.1] }],
    ["step-size control", bs3(), { dt: 0.25, saveAt: [0.25] }],
  ] as const)("%s", (_name, algorithm, options) => {
    const { field, counts } = stepping();
    expectSame(field, algorithm, options);
    expect(counts.pulled).toBe(0);
  });

  test("more steps than there is room for", () => {
    const { field, counts } = stepping(3);
    expectSame(field, rk4(), { dt: 0.25, saveAt: [1] });
    expect(counts).toEqual({ tapes: 1, pushed: 3, pulled: 0 });
  });
});

test("one linearization can be pulled back again, also after another has taken its tape", () => {
  const { field, counts } = stepping();
  const options = { dt: 0.25, saveAt: [0.5, 1.25], sensealg };
  const first = linearize(problem(field), rk4(), options);
  const gradient = first.pull(uBar(2));
  const other = linearize(odeProblem(field, [0.3, 0.2], [0, 1], [1.1]), rk4(), { dt: 0.1, saveAt: [1], sensealg });
  const expected = other.pull(uBar(1));
  expect(first.pull(uBar(2))).toEqual(gradient);
  expect(first.pull(uBar(2))).toEqual(gradient);
  expect(other.pull(uBar(1))).toEqual(expected);
  expect(counts.tapes).toBe(4);
});

test("a gradient that ends before the solve pulls back no more steps than it must", () => {
  const { field, counts } = stepping();
  linearize(problem(field), rk4(), { dt: 0.25, saveAt: [0.5, 1.25], sensealg }).pull([Float64Array.of(1, 0), new Float64Array(2)]);
  expect([counts.pushed, counts.pulled]).toEqual([5, 2]);
});

test("the solution is that of solve, with the caller's vector field and algorithm, and failures are told as ever", () => {
  const [given, algorithm] = [problem(stepping().field), rk4()];
  const { solution } = linearize(given, algorithm, { dt: 0.25, saveAt: [1.25], sensealg });
  const alone = solve(problem(plain), rk4(), { dt: 0.25, saveAt: [1.25] });
  expect([solution.problem.f === given.f, solution.algorithm === algorithm, solution.retcode]).toEqual([true, true, "success"]);
  expect(solution.stats).toEqual(alone.stats);
  expect(() => solution.at(0.3)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  const failed = linearize(odeProblem(stepping().field, [1, 1e308], [0, 1], [2]), rk4(), { dt: 50, saveAt: [1], sensealg });
  const expected = solve(odeProblem(plain, [1, 1e308], [0, 1], [2]), rk4(), { dt: 50, saveAt: [1] });
  expect([failed.solution.retcode, failed.solution.message]).toEqual([expected.retcode, expected.message]);
  const short = linearize(problem(stepping().field), rk4(), { dt: 0.25, saveAt: [1], maxIters: 3, sensealg });
  expect(short.solution.retcode).toBe("maxIters");
  expect(() => short.pull([])).toThrow(expect.objectContaining({ code: "SOLVE_FAILED" }));
});
