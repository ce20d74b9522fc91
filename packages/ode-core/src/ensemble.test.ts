import { expect, test } from "vitest";
import { continuousCallback, ensemble, odeProblem, remake, rk4, solve, tsit5, type InPlaceRhs, type OdeProblem } from "./index.ts";

const decay: InPlaceRhs = (_t, u, p, out) => void (out[0] = -p[0] * u[0]);
const problem = odeProblem(decay, [1], [0, 1], [1]);
const prob = (base: OdeProblem, i: number): OdeProblem => remake(base, { p: [i] });

test("solves each problem as solve does, in the order of the index", () => {
  const all = ensemble(problem, tsit5(), { trajectories: 5, prob, reltol: 1e-8, saveAt: [1] });
  expect(all.length).toBe(5);
  all.forEach((one, i) => {
    const alone = solve(prob(problem, i), tsit5(), { reltol: 1e-8, saveAt: [1] });
    expect(one.ok && one.value.u).toEqual(alone.u);
  });
  expect(ensemble(problem, tsit5(), { trajectories: 0, prob })).toEqual([]);
  const byParameters = ensemble(problem, tsit5(), { trajectories: 5, parameters: (i) => [i], reltol: 1e-8, saveAt: [1] });
  expect(byParameters.map((one) => one.ok && one.value.u)).toEqual(all.map((one) => one.ok && one.value.u));
});

test("a part of an ensemble is what the whole has there, failures included", () => {
  const shrinking = (base: OdeProblem, i: number): OdeProblem => (i === 5 ? odeProblem((_t, u, _p, out) => void (out[0] = u[0] * u[0]), [2], [0, 1]) : prob(base, i));
  const options = { prob: shrinking, reduce: ({ u }: { readonly u: readonly Float64Array[] }, i: number) => [i, u.at(-1)![0]] };
  const whole = ensemble(problem, tsit5(), { ...options, trajectories: 9 });
  expect(ensemble(problem, tsit5(), { ...options, first: 4, trajectories: 3 })).toEqual(whole.slice(4, 7));
});

test("keeps of each solution what reduce returns", () => {
  const ends = ensemble(problem, tsit5(), { trajectories: 4, prob, reduce: ({ u }, i) => u.at(-1)![0] - Math.exp(-i) });
  for (const end of ends) expect(end.ok && Math.abs(end.value)).toBeLessThan(1e-5);
});

test("a trajectory that fails leaves the others alone and says why", () => {
  const thrown = new Error("no such trajectory");
  const all = ensemble(problem, tsit5(), {
    trajectories: 6,
    prob: (base, i) => {
      if (i === 1) throw thrown;
      if (i === 2) return odeProblem((_t, u, _p, out) => void (out[0] = u[0] * u[0]), [2], [0, 1]);
      if (i === 3) return remake(base, { u0: [NaN] });
      return prob(base, i);
    },
    reduce: ({ u }, i) => {
      if (i === 4) throw thrown;
      return u.at(-1)![0];
    },
  });
  expect(all.map(({ ok }) => ok)).toEqual([true, false, false, false, false, true]);
  const errors = all.map((one) => (one.ok ? undefined : one.error));
  expect([errors[1], errors[4]]).toEqual([thrown, thrown]);
  expect(errors[2]).toMatchObject({ code: "SOLVE_FAILED" });
  expect((errors[2] as Error).message).toContain("trajectory 2");
  expect(errors[3]).toMatchObject({ code: "NON_FINITE" });
});

test("parameters that do not fit are the failure of their trajectory", () => {
  const [good, bad] = ensemble(problem, tsit5(), { trajectories: 2, parameters: (i) => (i === 0 ? [1] : [1, 2]) });
  expect(good.ok).toBe(true);
  expect(bad.ok ? undefined : bad.error).toMatchObject({ code: "SHAPE_MISMATCH" });
});

test("each trajectory has events of its own; one that ends at an event is no failure", () => {
  const callback = continuousCallback({ condition: (_t, u) => u[0] - 0.5, terminal: true });
  const halves = ensemble(problem, tsit5(), { trajectories: 8, prob, callback, reltol: 1e-10, reduce: ({ t }) => t.at(-1)! });
  halves.forEach((half, i) => expect(half.ok && half.value).toBeCloseTo(Math.min(1, Math.LN2 / i), 9));
});

test("wrong options throw once", () => {
  const invalid = expect.objectContaining({ code: "INVALID_OPTION" });
  expect(() => ensemble(problem, tsit5(), { trajectories: 1.5, prob })).toThrow(invalid);
  expect(() => ensemble(problem, tsit5(), { trajectories: 1, first: -1, prob })).toThrow(invalid);
  expect(() => ensemble(problem, tsit5(), { trajectories: 1 } as never)).toThrow('option "prob" must be a function, as option "parameters" is not given');
  expect(() => ensemble(problem, tsit5(), { trajectories: 1, prob, parameters: () => [1] } as never)).toThrow('option "prob" must be absent when "parameters" is given');
  expect(() => ensemble(problem, tsit5(), { trajectories: 1, parameters: [[1]] as never })).toThrow('option "parameters" must be a function');
  expect(() => ensemble(problem, tsit5(), { trajectories: 1, prob, reltol: -1 })).toThrow(invalid);
});

test("options are checked once, but for the times to save, which must suit the problems and not the one they are made of", () => {
  expect(() => ensemble(problem, rk4(), { trajectories: 3, prob })).toThrow('"dt" is required');
  const longer = ensemble(problem, tsit5(), { trajectories: 2, prob: (base, i) => remake(base, { tspan: [0, 10], p: [i] }), saveAt: [5] });
  longer.forEach((one, i) => expect(one.ok && one.value.u[0][0]).toBeCloseTo(Math.exp(-5 * i), 5));
  const wider = ensemble(problem, tsit5(), { trajectories: 2, prob: () => odeProblem((_t, u, _p, du) => void ([du[0], du[1]] = [-u[0], u[1]]), [1, 1], [0, 1]), abstol: [1e-9, 1e-12], reltol: [1e-6, 1e-8] });
  wider.forEach((one) => expect(one.ok && one.value.u.at(-1)![1]).toBeCloseTo(Math.E, 5));
  expect(() => ensemble(problem, tsit5 as never, { trajectories: 1, prob })).toThrow("tsit5 perhaps needs parentheses");
});
