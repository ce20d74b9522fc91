import { expect, test } from "vitest";
import { explicitRk, odeProblem, polynomialExtension, rk4, solve, tsit5, type Algorithm, type Tableau } from "./index.ts";

const { tableau } = rk4() as { readonly tableau: Tableau };
const { dense } = tableau;
const end = (algorithm: Algorithm, n: number): number =>
  solve(odeProblem((t, u, _p, out) => u.forEach((x, i) => void (out[i] = t - x)), new Float64Array(n).fill(1), [0, 1]), algorithm, { dt: 0.1 }).u.at(-1)![0];

test("rows may end before their zeros, at any size", () => {
  const a = [[], [0.5], [0.5], [0.2, 0.8]];
  const short = explicitRk("short", 1, { ...tableau, a });
  const whole = explicitRk("whole", 1, { ...tableau, a: [[], [0.5], [0.5, 0], [0.2, 0.8, 0]] });
  for (const n of [1, 4, 5]) expect(end(short, n)).toBe(end(whole, n));
  expect(end(short, 1)).not.toBe(end(rk4(), 1));
});

test("a tableau whose rows are whole is kept as it is", () => {
  expect(explicitRk("same", 4, tableau).tableau).toBe(tableau);
});

test.each<[string, Partial<Tableau>, string]>([
  ["a row too long", { a: [[], [0.5], [0, 0.5, 1], [0, 0, 1]] }, "row 2 of a must have at most 2 entries"],
  ["a row too few", { a: [[], [0.5], [0, 0.5]] }, "a must have 4 entries"],
  ["a promise of fsal that does not hold", { fsal: true }, "fsal promises that the last row of a is b"],
  ["no continuous extension", { dense: undefined as never }, "dense is missing"],
])("%s is refused", (_what, change, message) => {
  expect(() => explicitRk("wrong", 4, { ...tableau, ...change })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(message) as string }));
});

test("a promise of fsal that holds is taken", () => {
  const { a, b, c } = tsit5().tableau!;
  expect(() => explicitRk("fine", 5, { a, b, c, fsal: true, dense: polynomialExtension({ order: 1, b, q: b.map(() => []) }) })).not.toThrow();
  expect(dense.order).toBe(3);
});
