import { expect, test } from "vitest";
import { autoTsit5, continuousCallback, kenCarp4, kvaerno5, odeProblem, radauIIA5, rodas4, rodas5P, solve, trbdf2, vectorField, type Algorithm, type OdeProblem, type OdeSolution } from "./index.ts";

/** `y = sin 10 t`, which no differential equation tells the error estimate of. */
const bound = odeProblem((t, u, _p, du) => void ([du[0], du[1]] = [-u[0], u[1] - Math.sin(10 * t)]), [1, 0], [0, 5], [], { massMatrix: [1, 0, 0, 0] });
/** `y` is pulled to `sin 10 t` at the rate `lambda`. */
const pulled = (lambda: number): OdeProblem => odeProblem((t, u, _p, du) => void ([du[0], du[1]] = [-u[0], -lambda * (u[1] - Math.sin(10 * t)) + 10 * Math.cos(10 * t)]), [1, 0], [0, 5]);
const tolerances = { reltol: 1e-6, abstol: 1e-6 };
const worst = ({ t, u }: OdeSolution): number => Math.max(...u.map((x, i) => Math.abs(x[1] - Math.sin(10 * t[i]))));
const named = (...algorithms: Algorithm[]): [string, Algorithm][] => algorithms.map((algorithm) => [algorithm.name, algorithm]);
const inside = Array.from({ length: 200 }, (_, i) => i / 40);

test.each(named(rodas4(), rodas5P(), radauIIA5()))("%s: an algebraic variable is right between the steps, too", (_name, algorithm) => {
  // What is allowed at one point of a step is 0.9e-4.
  expect(worst(solve(bound, algorithm, { ...tolerances, saveAt: inside }))).toBeLessThan(1.1e-4);
  const { at, retcode } = solve(bound, algorithm, tolerances);
  expect(retcode).toBe("success");
  for (const t of inside) expect(Math.abs(at(t)[1] - Math.sin(10 * t))).toBeLessThan(1.1e-4);
  // Without a look into them, steps are as long as the ends allow.
  const ends = solve(bound, algorithm, { ...tolerances, saveAt: [5] });
  expect(worst(ends)).toBeLessThan(1e-6);
  expect(ends.stats.naccept).toBeLessThan(40);
});

test.each(named(rodas4(), rodas5P(), radauIIA5(), trbdf2(), kenCarp4(), kvaerno5(), autoTsit5(rodas5P())))("%s: a component that follows fast is right between the steps", (_name, algorithm) => {
  for (const lambda of [1e4, 1e6]) expect(worst(solve(pulled(lambda), algorithm, { ...tolerances, saveAt: inside }))).toBeLessThan(1e-3);
});

test.each(named(rodas4(), rodas5P(), radauIIA5(), autoTsit5(rodas5P())))("%s: its zeros are found once each", (_name, algorithm) => {
  const { events } = solve(pulled(1e6), algorithm, { ...tolerances, saveAt: [5], callback: continuousCallback({ condition: (_t, u) => u[1] }) });
  expect(events.map(({ t }) => Math.round((10 * t) / Math.PI))).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
});

test.each(named(rodas4(), rodas5P(), radauIIA5(), kvaerno5(), kenCarp4()))("%s: a problem whose dense output is right takes the steps that it takes without", (_name, algorithm) => {
  const vanDerPol = vectorField((_t, u, _p, du) => void ([du[0], du[1]] = [u[1], 1000 * (1 - u[0] * u[0]) * u[1] - u[0]]), { dim: 2 });
  const [ends, dense] = [{ saveAt: [2000] }, {}].map((options) => solve(odeProblem(vanDerPol, [2, 0], [0, 2000]), algorithm, { reltol: 1e-5, abstol: 1e-5, ...options }).stats);
  expect(dense.naccept).toBeLessThan(1.1 * ends.naccept + 10);
  expect(dense.nf).toBeGreaterThan(ends.nf);
});
