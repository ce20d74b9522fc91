import { describe, expect, test } from "vitest";
import { algorithms, fbdf, init, odeProblem, presetTimeCallback, rodas4, solve, vectorField, type Algorithm, type OdeProblem, type VectorField } from "./index.ts";

const methods = Object.values(algorithms).map((make) => make()).filter(({ massMatrix }) => massMatrix === true);

const robertson = vectorField((_t, u, _p, du) => {
  du[0] = -0.04 * u[0] + 1e4 * u[1] * u[2];
  du[1] = 0.04 * u[0] - 1e4 * u[1] * u[2] - 3e7 * u[1] * u[1];
  du[2] = u[0] + u[1] + u[2] - 1;
}, { dim: 3, jacobian: (_t, u, _p, J) => J.set([-0.04, 1e4 * u[2], 1e4 * u[1], 0.04, -1e4 * u[2] - 6e7 * u[1], -1e4 * u[1], 1, 1, 1]) });
const robertsonFrom = (u0: number[]): OdeProblem => odeProblem(robertson, u0, [0, 40], [], { massMatrix: [1, 0, 0, 0, 1, 0, 0, 0, 0] });

/** `du0/dt = -u1` with an equation for `u1`. */
const withAlgebra = (g: (t: number, u: Float64Array, p: Float64Array) => number, u0: number[], p: number[] = [], tspan: [number, number] = [0, 1]): OdeProblem =>
  odeProblem(vectorField((t, u, parameters, du) => du.set([-u[1], g(t, u, parameters)]), { dim: 2, paramCount: p.length }), u0, tspan, p, { massMatrix: [1, 0, 0, 0] });

describe.each(methods.map((algorithm): [string, Algorithm] => [algorithm.name, algorithm]))("%s", (_name, algorithm) => {
  test("solves Robertson's problem from an inconsistent third component as from the consistent one", () => {
    const [right, wrong] = [0, 0.25].map((y3) => solve(robertsonFrom([1, 0, y3]), algorithm, { reltol: 1e-5, abstol: 1e-10 }));
    expect(wrong.retcode).toBe("success");
    expect([...wrong.u[0]]).toEqual([1, 0, 0]);
    expect(wrong.u).toEqual(right.u);
    expect(wrong.at(0)).toEqual(right.at(0));
    expect([...wrong.problem.u0]).toEqual([1, 0, 0.25]);
  });
});

describe("a state that does not satisfy the algebraic equations", () => {
  test("is corrected where Newton's iteration needs damping", () => {
    const { u, retcode } = solve(withAlgebra((_t, [x, y]) => Math.atan(5 * (y - x * x)), [2, 30]), rodas4());
    expect(retcode).toBe("success");
    expect(u[0][0]).toBe(2);
    expect(Math.abs(u[0][1] - 4)).toBeLessThan(1e-9);
  });

  test("is left alone where a correction is a small part of the tolerances, at two evaluations and a Jacobian", () => {
    const exact = withAlgebra((_t, [x, y]) => y - x, [1, 1]);
    const near = withAlgebra((_t, [x, y]) => y - x, [1, 1 + 1e-10]);
    const far = withAlgebra((_t, [x, y]) => y - x, [1, 1 + 1e-6]);
    expect([exact, near, far].map((problem) => solve(problem, rodas4()).u[0][1])).toEqual([1, 1 + 1e-10, 1]);
    const [a, b] = [exact, near].map((problem) => init(problem, rodas4(), { dt: 0.1 }).stats);
    expect([a.nf, a.njac]).toEqual([1, 0]);
    expect([b.nf, b.njac]).toEqual([1 + 4, 1]);
  });

  test("is corrected without a change of M u when M is singular but has no zero rows or columns", () => {
    // The problem v' = -w, 0 = w - v^2 with rows mixed by P and v = a + b, w = a - b.
    const P = [[2, 1], [1, 3]];
    const M = P.map(([p]) => [p, p]).flat();
    const f = vectorField((_t, [a, b], _p, du) => {
      const [v, w] = [a + b, a - b];
      P.forEach(([p, q], i) => void (du[i] = p * -w + q * (w - v * v)));
    }, { dim: 2 });
    for (const algorithm of methods) {
      const { u, retcode } = solve(odeProblem(f, [3, -1], [0, 1], [], { massMatrix: M }), algorithm, { reltol: 1e-6, abstol: 1e-6 });
      expect(retcode).toBe("success");
      expect(Math.abs(u[0][0] - 3)).toBeLessThan(1e-12);
      expect(Math.abs(u[0][1] + 1)).toBeLessThan(1e-12);
      // v = 2 / (1 + 2 t).
      expect(Math.abs(u.at(-1)![0] + u.at(-1)![1] - 2 / 3)).toBeLessThan(1e-4);
      const off = solve(odeProblem(f, [2, 0], [0, 1], [], { massMatrix: M }), algorithm, { reltol: 1e-6, abstol: 1e-6 });
      off.u[0].forEach((x, i) => expect(Math.abs(x - u[0][i])).toBeLessThan(1e-9));
    }
  });

  test("is corrected by a banded Jacobian, backwards too", () => {
    // Pairs x' = -y, 0 = y - x, side by side.
    const n = 40;
    const f = vectorField((_t, u, _p, du) => {
      for (let i = 0; i < n; i += 2) du.set([-u[i + 1], u[i + 1] - u[i]], i);
    }, { dim: n, bandwidth: { lower: 1, upper: 1 } });
    const massMatrix = Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 && Math.floor(at / n) % 2 === 0 ? 1 : 0));
    const u0 = Float64Array.from({ length: n }, (_, i) => 1 + i);
    for (const tspan of [[0, 1], [1, 0]] as const) {
      const { u, retcode } = solve(odeProblem(f, u0, tspan, [], { massMatrix }), fbdf(), { reltol: 1e-8, abstol: 1e-8 });
      expect(retcode).toBe("success");
      expect(u[0]).toEqual(u0.map((_, i) => u0[i - (i % 2)]));
      u.at(-1)!.forEach((x, i) => expect(Math.abs(x - u[0][i] * Math.exp(tspan[0] - tspan[1]))).toBeLessThan(1e-4));
    }
  });

  test("is corrected by reinit, in a span of length zero, and after events that change it or the parameters", () => {
    const problem = (tspan: [number, number]): OdeProblem => withAlgebra((_t, [x, y], [c]) => y - c * x, [1, 5], [1], tspan);
    const still = solve(problem([0, 0]), fbdf());
    expect([still.retcode, ...still.u[0], ...still.at(0)]).toEqual(["success", 1, 1, 1, 1]);
    const integrator = init(problem([0, 1]), fbdf());
    integrator.run();
    integrator.reinit([2, 7]);
    expect([...integrator.u]).toEqual([2, 2]);
    const callback = [
      presetTimeCallback({ times: [0.5], affect: ({ p }) => void (p[0] = 3), save: "both" }),
      presetTimeCallback({ times: [0.75], affect: ({ u }) => void (u[0] = 1), save: "both" }),
    ];
    for (const algorithm of methods) {
      const { retcode, t, u } = solve(problem([0, 1]), algorithm, { reltol: 1e-7, abstol: 1e-7, saveAt: [1], callback });
      expect([retcode, ...t]).toEqual(["success", 0.5, 0.5, 0.75, 0.75, 1]);
      const [half, later] = [Math.exp(-0.5), Math.exp(-0.75)];
      const expected = [[half, half], [half, 3 * half], [half * later, 3 * half * later], [1, 3], [later, 3 * later]];
      u.forEach((state, i) => state.forEach((x, j) => expect(Math.abs(x - expected[i][j])).toBeLessThan(2e-5)));
    }
  });
});

describe("algebraic equations that cannot be solved", () => {
  const unsolvable: [string, OdeProblem, RegExp][] = [
    ["have no solution", withAlgebra((_t, [, y]) => 1 + y * y, [1, 2]), /^Stopped at t = 0: no values .+ component 1 of the right-hand side still misses by \d/],
    ["do not hold the algebraic variable", withAlgebra((_t, [x]) => x - 2, [1, 1]), /do not determine the algebraic variables: the index/],
    ["lead out of the domain", withAlgebra((_t, [, y]) => Math.sqrt(y) + 1, [1, 2]), /no values/],
  ];
  test.each(unsolvable)("end the solve at its start when they %s", (_what, problem, message) => {
    for (const algorithm of methods) {
      const { retcode, u, stats, message: said } = solve(problem, algorithm);
      expect([retcode, stats.naccept]).toEqual(["initialFailure", 0]);
      expect(said).toMatch(message);
      expect(u).toEqual([problem.u0]);
    }
  });

  test("end it at an event after which they have no solution", () => {
    const callback = presetTimeCallback({ times: [0.5], affect: ({ p }) => void (p[0] = 1) });
    const { retcode, t, message } = solve(withAlgebra((_t, [x, y], [c]) => y - x + c * (1 + y * y + x), [1, 1], [0]), rodas4(), { callback });
    expect([retcode, t.at(-1)]).toEqual(["initialFailure", 0.5]);
    expect(message).toMatch(/^Stopped at t = 0.5: no values/);
  });

  test("of a higher index are told of where the steps fail later", () => {
    // A pendulum of index 3 on its circle: x'' = -L x, y'' = -L y - g, x^2 + y^2 = 1.
    const pendulum = vectorField((_t, [x, y, v, w, L], _p, out) => void out.set([v, w, -L * x, -L * y - 9.81, x * x + y * y - 1]), { dim: 5 });
    const massMatrix = Float64Array.from({ length: 25 }, (_, i) => (i % 6 === 0 && i < 24 ? 1 : 0));
    const { retcode, message } = solve(odeProblem(pendulum, [1, 0, 0, 0, 0], [0, 1], [], { massMatrix }), rodas4());
    expect(retcode).not.toBe("success");
    expect(message).toMatch(/do not determine the algebraic variables there: the index of the problem is above 1$/);
  });

  test("are left to the steps where they hold, also at a higher index", () => {
    // x' = -y, 0 = x - cos t.
    const problem = withAlgebra((t, [x]) => x - Math.cos(t), [1 + 2e-16, 0], [], [0, 1]);
    const { retcode, u } = solve(problem, algorithms.radauIIA5(), { dtmax: 0.01, dt: 0.01, adaptive: false });
    expect(retcode).toBe("success");
    expect(Math.abs(u.at(-1)![1] - Math.sin(1))).toBeLessThan(1e-4);
  });

  test("are not asked for where f is not finite", () => {
    expect(solve(withAlgebra(() => NaN, [1, 1]), rodas4()).retcode).toBe("nonFinite");
  });
});

test("a regular mass matrix leaves no algebraic equations", () => {
  const f: VectorField = vectorField((_t, u, _p, du) => du.set([-u[0], -u[1]]), { dim: 2 });
  expect(init(odeProblem(f, [1, 2], [0, 1], [], { massMatrix: [2, 1, 1, 3] }), rodas4(), { dt: 0.1 }).stats.nf).toBe(0);
});
