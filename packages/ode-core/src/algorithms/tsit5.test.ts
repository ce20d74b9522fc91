import { expect, test } from "vitest";
import { testAlgorithm } from "@fluxion/testkit";
import type { Tableau } from "../algorithm.ts";
import { tsit5 } from "./tsit5.ts";

testAlgorithm(tsit5, { order: 5, denseOrder: 4, errorOrder: 5, above: 0.6 });

/** Elementary weights of all rooted trees up to order 5, each with the order and density of its tree. */
function trees({ a, c }: Tableau): { order: number; density: number; value: number[] }[] {
  const A = (v: readonly number[]): number[] => c.map((_, i) => a[i].reduce((s, x, j) => s + x * v[j], 0));
  const by = (...factors: (readonly number[])[]): number[] => c.map((_, i) => factors.reduce((s, v) => s * v[i], 1));
  const [c2, c3, Ac] = [by(c, c), by(c, c, c), A(c)];
  const [Ac2, AAc] = [A(c2), A(Ac)];
  const table: [number, number, readonly number[]][] = [
    [1, 1, by()], [2, 2, c], [3, 3, c2], [3, 6, Ac], [4, 4, c3], [4, 8, by(c, Ac)], [4, 12, Ac2], [4, 24, AAc],
    [5, 5, by(c2, c2)], [5, 10, by(c2, Ac)], [5, 15, by(c, Ac2)], [5, 30, by(c, AAc)], [5, 20, by(Ac, Ac)],
    [5, 20, A(c3)], [5, 40, A(by(c, Ac))], [5, 60, A(Ac2)], [5, 120, A(AAc)],
  ];
  return table.map(([order, density, value]) => ({ order, density, value: [...value] }));
}

test("tsit5 meets the 17 order conditions to rounding, its embedded and dense weights the 8 of order 4 and no more", () => {
  const tableau = tsit5().tableau as Tableau;
  const { b, bError = [], dense } = tableau;
  const dot = (w: ArrayLike<number>, v: readonly number[]): number => v.reduce((s, x, i) => s + w[i] * x, 0);
  const w = new Float64Array(7);
  let missed = 0;
  for (const { order, density, value } of trees(tableau)) {
    expect(dot(b, value)).toBeCloseTo(1 / density, 14);
    const embedded = Math.abs(dot(b.map((x, i) => x - bError[i]), value) - 1 / density);
    if (order < 5) expect(embedded).toBeLessThan(1e-14);
    else missed = Math.max(missed, embedded);
    for (const theta of [0.25, 0.5, 0.75]) {
      dense.weights(theta, w);
      if (order < 5) expect(dot(w, value)).toBeCloseTo(theta ** order / density, 13);
    }
  }
  expect(missed).toBeGreaterThan(1e-4);
});
