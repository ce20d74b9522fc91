import { expect, test } from "vitest";
import { odeProblem, rodas4, rodas5P, rosenbrock23, solve, vectorField } from "./index.ts";

test.each([rosenbrock23, rodas4, rodas5P].map((make) => [make.name, make] as const))("%s: a stage that is not finite leaves nothing behind once the step was tried again", (_name, make) => {
  for (const bad of [NaN, Infinity]) {
    for (const fault of [3, 4, 5, 6]) {
      let calls = 0;
      const f = vectorField((_t, u, _p, du) => {
        du[0] = ++calls === fault ? bad : -50 * u[0];
        du[1] = -u[1];
      }, { dim: 2, jacobian: (_t, _u, _p, J) => J.set([-50, 0, 0, -1]) });
      const { retcode, u, stats } = solve(odeProblem(f, [1, 1], [0, 1]), make({ autonomous: true }), { reltol: 1e-6, abstol: 1e-6, dt: 1e-3 });
      expect(retcode).toBe("success");
      expect(stats.nf).toBe(calls);
      expect(Math.abs(u.at(-1)![1] - Math.exp(-1))).toBeLessThan(2e-4);
      expect(stats.nreject).toBeGreaterThan(0);
    }
  }
});

test.each([rosenbrock23, rodas4, rodas5P].map((make) => [make.name, make] as const))("%s: the stages written out for small states are those of the loops, which a mass matrix asks for", (_name, make) => {
  for (let n = 1; n <= 9; n++) {
    for (const autonomous of [false, true]) {
      // Largest away from the diagonal, so that rows are exchanged in any order.
      const entry = (i: number, j: number): number => Math.sin(3 * i * i + 5 * j + i * j) - (j === (i + 1) % n ? 3 : 0) - (i === j ? 2 : 0);
      const f = vectorField((t, u, _p, du) => {
        for (let i = 0; i < n; i++) {
          du[i] = autonomous ? 0.1 : Math.cos(2 * t + i);
          for (let j = 0; j < n; j++) du[i] += entry(i, j) * u[j] - 0.1 * u[i] * u[j] * u[j];
        }
      }, {
        dim: n,
        jacobian: (_t, u, _p, J) => {
          const squares = u.reduce((sum, x) => sum + x * x, 0);
          for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) J[i * n + j] = entry(i, j) - 0.2 * u[i] * u[j] - (i === j ? 0.1 * squares : 0);
        },
      });
      const u0 = Float64Array.from({ length: n }, (_, i) => 0.5 - 0.1 * i);
      const massMatrix = Float64Array.from({ length: n * n }, (_, k) => (k % (n + 1) === 0 ? 1 : 0));
      const solved = [{}, { massMatrix }].map((options) => solve(odeProblem(f, u0, [0, 2], [], options), make({ autonomous }), { dt: 0.125, adaptive: false, saveAt: 0.2, dense: false }));
      const [small, loops] = solved.map(({ u }) => u);
      expect(small.length).toBe(11);
      // Differences for the slope by t magnify rounding.
      small.forEach((u, k) => u.forEach((x, i) => expect(Math.abs(x - loops[k][i])).toBeLessThan(autonomous ? 1e-13 : 1e-11)));
      expect(solved[0].stats).toEqual(solved[1].stats);
    }
  }
});

test("rosenbrock23 goes on with the slope of the very state that it reached: its differences by the time stay right where algebraic equations hold to rounding", () => {
  let last = "";
  const rhs = (u: Float64Array): number[] => [-0.04 * u[0] + 1e4 * u[1] * u[2], 0.04 * u[0] - 1e4 * u[1] * u[2] - 3e7 * u[1] ** 2, u[0] + u[1] + u[2] - 1];
  const jacobian = (_t: number, [, v, w]: Float64Array, _p: Float64Array, J: Float64Array): void => J.set([-0.04, 1e4 * w, 1e4 * v, 0.04, -1e4 * w - 6e7 * v, -1e4 * v, 1, 1, 1]);
  for (const exact of [true, false]) {
    const f = vectorField((_t, u, _p, du) => {
      du.set(rhs(u));
      last = u.join();
    }, { dim: 3, ...(exact ? { jacobian } : {}) });
    const problem = odeProblem(f, [1, 0, 0], [0, 1e5], [], { massMatrix: [1, 0, 0, 0, 1, 0, 0, 0, 0] });
    const [evaluated, begun]: [string[], string[]] = [[], []];
    const onStep = (_t: number, _h: number, state: Float64Array): void => void (evaluated.push(last), begun.push(state.join()));
    const { retcode, u, stats } = solve(problem, rosenbrock23({ autonomous: true }), { reltol: 1e-3, abstol: 1e-12, saveAt: [1e5], onStep });
    expect(retcode).toBe("success");
    expect([...begun.slice(1), u[0].join()]).toEqual(evaluated);
    // The end is SciPy's: Radau at rtol 1e-12 on the three differential equations.
    [0.017865921142108793, 7.274751468440148e-08, 0.9821340061103807].forEach((x, i) => expect(Math.abs(u[0][i] / x - 1)).toBeLessThan(0.03));
    const timed = solve(problem, rosenbrock23(), { reltol: 1e-3, abstol: 1e-12, saveAt: [1e5] });
    expect(timed.retcode).toBe("success");
    expect(Math.abs(timed.stats.naccept / stats.naccept - 1)).toBeLessThan(0.05);
  }
});
