import { algorithms, autoSwitch, autoTsit5, autoVern7, linearize, odeProblem, rodas4, rodas5P, solve, tsit5, vectorField, type Algorithm, type OdeSolution } from "@fluxion/ode-core";
import { discreteAdjoint, finiteDifference, forwardSensitivity, interpolatingAdjoint } from "@fluxion/sensitivity";
import { describe, expect, test } from "vitest";
import { benchProblems } from "./bench/support/bench-problems.ts";
import { stiffProblems, type StiffProblem } from "./fixtures/stiff-problems.ts";

const autonomous = { autonomous: true };
const run = ({ f, u0, tspan, scale }: StiffProblem, algorithm: Algorithm, reltol: number): OdeSolution =>
  solve(odeProblem(f, u0, tspan), algorithm, { reltol, abstol: scale * reltol });
/** Largest error by component, each beside its own size plus `scale`. */
const relativeError = (u: ArrayLike<number>, expected: readonly number[], scale = 0): number =>
  Math.max(...expected.map((x, i) => Math.abs(u[i] - x) / (scale + Math.abs(x))));

describe("Van der Pol's oscillator with mu = 1000", () => {
  const problem = stiffProblems.vdp1e3;
  const pairs = [autoTsit5(rodas5P(autonomous)), autoTsit5(algorithms.rosenbrock23(autonomous)), autoVern7(rodas4(autonomous)), autoTsit5(algorithms.kvaerno5()), autoSwitch(algorithms.dp5(), algorithms.rosenbrock23(autonomous))];

  /** The same solution, with time that runs backwards. */
  const forwards = problem.f.bind(new Float64Array(0));
  const mirrored: StiffProblem = {
    ...problem,
    f: vectorField((t, u, _p, du) => {
      forwards.rhs(-t, u, du);
      for (let i = 0; i < 2; i++) du[i] = -du[i];
    }, { dim: 2 }),
    tspan: [0, -2000],
  };

  test.each(pairs.flatMap((algorithm) => [[algorithm.name, "forwards", algorithm, problem, 1], [algorithm.name, "backwards", algorithm, mirrored, -1]] as const))("%s, %s: stiff from the start, at each of the two jumps for a moment not, and right everywhere", (_name, _way, algorithm, given, sign) => {
    for (const tol of [1e-5, 1e-7]) {
      const solution = run(given, algorithm, tol);
      const switches = solution.stats.switches.map((t) => sign * t);
      expect(solution.retcode).toBe("success");
      // The jumps are at 806.9 and 1613.8; a jump takes about log(mu) / mu.
      expect(switches.map((t) => Math.round(t / 807))).toEqual([0, 1, 1, 2, 2]);
      for (const jump of [1, 3]) expect(switches[jump + 1] - switches[jump]).toBeLessThan(3);
      // Dense output of kvaerno5 is of order 3.
      const bound = algorithm.name.includes("rosenbrock23") ? 300 : algorithm.name.includes("kvaerno5") ? 100 : 10;
      problem.reference.forEach(({ t, u }) => expect(relativeError(solution.at(sign * t), u, t === 2000 ? 0 : problem.scale)).toBeLessThan(bound * tol));
    }
  });
});

describe.each(["hires", "robertson40", "robertson1e11"] as const)("%s", (id) => {
  test.each([autoTsit5(rodas5P(autonomous)), autoVern7(rodas4(autonomous))])("$name: as accurate as the stiff method", (algorithm) => {
    for (const tol of [1e-3, 1e-5, 1e-7]) {
      const { retcode, u, stats } = run(stiffProblems[id], algorithm, tol);
      expect(retcode).toBe("success");
      expect(relativeError(u.at(-1)!, stiffProblems[id].reference.at(-1)!.u)).toBeLessThan(6 * tol);
      // HIRES comes to rest: near the end the steps of a stiff method at tight tolerances are no longer stiff.
      expect(stats.switches.length).toBeLessThanOrEqual(id === "hires" ? 2 : 1);
      expect(stats.switches.length).toBeGreaterThan(0);
    }
  });
});

describe("work", () => {
  test.each(["vdp1e3", "robertson1e11", "hires"] as const)("on %s at most 1.3 times that of the stiff method", (id) => {
    const [auto, pure] = [autoTsit5(rodas5P(autonomous)), rodas5P(autonomous)].map((algorithm) => run(stiffProblems[id], algorithm, 1e-5).stats);
    expect(auto.nf).toBeLessThan(1.3 * pure.nf);
    expect(auto.nlu).toBeLessThan(pure.nlu);
    expect(auto.njac).toBeLessThan(pure.njac);
  });

  const nonstiff = benchProblems.filter(({ id }) => !id.startsWith("brusselator"));
  test.each(nonstiff)("on $id exactly that of the non-stiff method, at any tolerance", ({ f, u0, end }) => {
    for (const tol of [1e-2, 1e-4, 1e-6, 1e-9]) {
      const [auto, pure] = [autoTsit5(rodas5P()), tsit5()].map((algorithm) => solve(odeProblem(f, u0, [0, end]), algorithm, { reltol: tol, abstol: tol, saveAt: [end], maxIters: 1e6 }));
      expect(auto.stats).toEqual(pure.stats);
      expect(auto.u).toEqual(pure.u);
    }
  });
});

describe("gradients through a switch", () => {
  const field = vectorField((_t, u, p, out) => out.set([u[1], p[0] * (1 - u[0] * u[0]) * u[1] - u[0]]), {
    dim: 2,
    paramCount: 1,
    jvp: (_t, u, p, du, dp, out) => {
      out[0] = du[1];
      out[1] = p[0] * (-2 * u[0] * du[0] * u[1] + (1 - u[0] * u[0]) * du[1]) - du[0] + (dp ? dp[0] * (1 - u[0] * u[0]) * u[1] : 0);
    },
    vjp: (_t, u, p, w, outU, outP) => {
      outU[0] = w[1] * (-2 * p[0] * u[0] * u[1] - 1);
      outU[1] = w[0] + w[1] * p[0] * (1 - u[0] * u[0]);
      outP[0] += w[1] * (1 - u[0] * u[0]) * u[1];
    },
  });
  const problem = odeProblem(field, [2, 0], [0, 50], [100]);
  const options = { reltol: 1e-9, abstol: 1e-9, saveAt: [50] };

  test("forward sensitivities, the interpolating adjoint and differences agree", () => {
    const [first, ...others] = [finiteDifference(), forwardSensitivity(), interpolatingAdjoint()].map((sensealg) => {
      const { solution, pull } = linearize(problem, autoTsit5(rodas5P(autonomous)), { ...options, sensealg });
      expect(solution.stats.switches.length).toBeGreaterThan(0);
      const { dp, du0 } = pull([Float64Array.of(1, 0)]);
      return [...dp, ...du0];
    });
    for (const other of others) expect(relativeError(other, first)).toBeLessThan(1e-6);
  });

  test("the discrete adjoint, which replays one tableau, is refused", () => {
    expect(() => linearize(problem, autoTsit5(rodas5P()), { ...options, sensealg: discreteAdjoint() })).toThrow(expect.objectContaining({ code: "MISSING_CAPABILITY" }));
  });
});
