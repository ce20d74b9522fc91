import { describe, expect, test } from "vitest";
import { dprkn6Tableau } from "./algorithms/tableaus/dprkn6.ts";
import { continuousCallback, dprkn6, OdeError, odeProblem, presetTimeCallback, solve, tsit5, vectorField, vern6, vern9, type Algorithm, type InPlaceRhs, type OdeProblem, type OdeSolution } from "./index.ts";

/**
 * A special Nystrom tree: a root with `leaves` branches that end in a velocity, and with subtrees, as indices into the list of
 * all trees, not descending, each of which hangs on a velocity and counts one more.
 */
interface Tree {
  readonly order: number;
  readonly leaves: number;
  readonly children: readonly number[];
}

/** All special Nystrom trees up to `largest`, by order. */
function nystromTrees(largest: number): Tree[] {
  const trees: Tree[] = [];
  for (let order = 1; order <= largest; order++) {
    const found: Tree[] = [];
    const grow = (leaves: number, from: number, children: readonly number[]): void => {
      found.push({ order, leaves, children });
      for (let i = from; i < trees.length && trees[i].order + 1 <= leaves; i++) grow(leaves - trees[i].order - 1, i, [...children, i]);
    };
    grow(order - 1, 0, []);
    trees.push(...found);
  }
  return trees;
}

const { a, c, d, bError, dError, dense } = dprkn6Tableau;
const b = [...a[5], 0];
const trees = nystromTrees(7);
const product = (x: readonly number[], f: (v: number) => number = (v) => v): number => x.reduce((p, v) => p * f(v), 1);

/** `phi[tree][stage]`, what the weight of a stage meets in the condition of a tree, and the same of absolute values. */
const [phi, size] = [(x: number) => x, Math.abs].map((value) => {
  const table: number[][] = [];
  for (const { leaves, children } of trees) {
    table.push(c.map((ci, i) => ci ** leaves * product(children, (child) => a[i].reduce((s, x, j) => s + value(x) * table[child][j], 0))));
  }
  return table;
});
/** Of the exact solution: the acceleration's term of a tree is this times `t^(order - 1)`. */
const exact: number[] = [];
for (const { children } of trees) exact.push(product(children, (i) => exact[i] / (trees[i].order * (trees[i].order + 1))));

/** Largest violation of the conditions of each order by weights `w` for the velocity or the position at `theta`, in units of rounding of their terms. */
function violations(w: readonly number[], of: "velocity" | "position", theta = 1): Map<number, number> {
  const worst = new Map<number, number>();
  trees.forEach(({ order }, i) => {
    const [reached, value] = of === "velocity" ? [order, (exact[i] * theta ** order) / order] : [order + 1, (exact[i] * theta ** (order + 1)) / (order * (order + 1))];
    const sum = w.reduce((s, x, j) => s + x * phi[i][j], 0);
    const scale = w.reduce((s, x, j) => s + Math.abs(x) * size[i][j], 0) * Number.EPSILON;
    worst.set(reached, Math.max(worst.get(reached) ?? 0, Math.abs(sum - value) / scale));
  });
  return worst;
}

/** The order up to which all conditions hold to rounding. */
const orderOf = (found: Map<number, number>): number => Math.min(...[...found].filter(([, violation]) => violation > 64).map(([order]) => order)) - 1;
const without = (w: readonly number[], e: readonly number[]): number[] => w.map((x, i) => x - e[i]);

describe("coefficients of dprkn6", () => {
  test("there are as many trees as there should be, and the rows add up", () => {
    expect([1, 2, 3, 4, 5, 6, 7].map((order) => trees.filter((tree) => tree.order === order).length)).toEqual([1, 1, 2, 3, 6, 10, 20]);
    a.forEach((row, i) => expect(row.reduce((s, x) => s + x, 0)).toBeCloseTo(c[i] ** 2 / 2, 15));
  });

  test("position and velocity meet every condition of order 6, their estimates those of order 4, and neither those of the next", () => {
    expect([orderOf(violations(b, "position")), orderOf(violations(d, "velocity"))]).toEqual([6, 6]);
    expect([orderOf(violations(without(b, bError), "position")), orderOf(violations(without(d, dError), "velocity"))]).toEqual([4, 4]);
  });

  test.each([0.1, 0.3, 0.5, 0.8, 1])("dense output meets every condition of order 6 for the position, and of order 5 for the velocity, at %f", (x) => {
    const position = dense.map((row) => row.reduce((s, r, j) => s + r * x ** (j + 2), 0));
    const velocity = dense.map((row) => row.reduce((s, r, j) => s + (j + 2) * r * x ** (j + 1), 0));
    expect(orderOf(violations(position, "position", x))).toBe(6);
    expect(orderOf(violations(velocity, "velocity", x))).toBe(x === 1 ? 6 : 5);
  });
});

const kepler: InPlaceRhs = (_t, u, _p, out) => {
  const r3 = Math.hypot(u[0], u[1]) ** 3;
  out.set([u[2], u[3], -u[0] / r3, -u[1] / r3]);
};
const secondOrder = (f: InPlaceRhs, u0: readonly number[], end: number, p: readonly number[] = []): OdeProblem =>
  odeProblem(vectorField(f, { dim: u0.length, paramCount: p.length, structure: "second-order" }), u0, [0, end], p);
const orbit = secondOrder(kepler, [0.4, 0, 0, 2], 20 * Math.PI);

describe("dprkn6", () => {
  const errorOf = ({ u }: OdeSolution): number => Math.hypot(...u.at(-1)!.map((x, i) => x - orbit.u0[i]));
  /** Evaluations for an error of `wanted` after the orbits, by interpolation between tolerances. */
  const work = (algorithm: Algorithm, wanted: number): number => {
    let [cost, error] = [0, Infinity];
    for (let tol = 1e-4; tol > 1e-11; tol /= 4) {
      const solution = solve(orbit, algorithm, { reltol: tol, abstol: tol, dense: false, saveAt: [20 * Math.PI] });
      const { nf } = solution.stats;
      const next = errorOf(solution);
      if (next <= wanted) return nf * (cost / nf) ** (Math.log(wanted / next) / Math.log(error / next));
      [cost, error] = [nf, next];
    }
    return Infinity;
  };

  test("ten orbits of eccentricity 0.6: for three quarters of the evaluations of methods for any field", () => {
    for (const wanted of [1e-2, 1e-4, 1e-6]) {
      const own = work(dprkn6(), wanted);
      for (const other of [tsit5(), vern6()]) expect(own).toBeLessThan(0.77 * work(other, wanted));
    }
  });

  test("dense output over ten orbits is as good as the ends of the steps", () => {
    const exactly = solve(orbit, vern9(), { reltol: 1e-13, abstol: 1e-13 });
    const own = solve(orbit, dprkn6(), { reltol: 1e-8, abstol: 1e-8 });
    const distance = (t: number): number => Math.hypot(...own.at(t).map((x, i) => x - exactly.at(t)[i]));
    const ends = Math.max(...Array.from(own.t, distance));
    const between = Math.max(...Array.from(own.t.subarray(1), (t, i) => distance((t + own.t[i]) / 2)));
    expect(ends).toBeLessThan(1e-5);
    expect(between).toBeLessThan(1.5 * ends);
  });

  test("five evaluations per step, two to begin with, and two for each look at the acceleration", () => {
    const { nf, naccept, nreject } = solve(orbit, dprkn6()).stats;
    expect(nf).toBe(5 * (naccept + nreject) + 2 + 2 * (Math.floor(Math.log2(naccept + nreject)) + 1));
  });

  test("events: a ball on a floor, and a force that is switched", () => {
    const ball = secondOrder((_t, u, p, out) => out.set([u[1], -p[0]]), [1, 0], 1, [10]);
    const bounce = continuousCallback({ condition: (_t, u) => u[0], direction: "falling", affect: ({ u }) => void (u[1] *= -1) });
    const off = presetTimeCallback({ times: [0.5], affect: ({ p }) => void (p[0] = 0) });
    const { u, retcode } = solve(ball, dprkn6(), { callback: [bounce, off] });
    const hit = Math.sqrt(0.2);
    const v = 10 * hit - 10 * (0.5 - hit);
    expect(retcode).toBe("success");
    expect(u.at(-1)![1]).toBeCloseTo(v, 11);
    expect(u.at(-1)![0]).toBeCloseTo(10 * hit * (0.5 - hit) - 5 * (0.5 - hit) ** 2 + 0.5 * v, 11);
  });
});

describe("misuse", () => {
  const unfit = expect.objectContaining({ code: "MISSING_CAPABILITY" });
  const run = (f: InPlaceRhs, u0: readonly number[] = [1, 0]): unknown => solve(secondOrder(f, u0, 10), dprkn6());

  test("an odd state and a field that is not declared second-order are refused", () => {
    expect(() => run((_t, _u, _p, out) => void out.fill(0), [0, 0, 0])).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    expect(() => solve(odeProblem(kepler, orbit.u0, [0, 1]), dprkn6())).toThrow(unfit);
  });

  test.each<[string, InPlaceRhs, readonly number[]]>([
    ["friction", (_t, u, _p, out) => out.set([u[1], -u[0] - 1e-6 * u[1]]), [1, 0]],
    ["drag, which is of second order at rest", (_t, u, _p, out) => out.set([u[1], -u[0] - 0.1 * u[1] * Math.abs(u[1])]), [1, 0]],
    ["a damper between two bodies", (_t, u, _p, out) => out.set([u[2], u[3], -u[0] - 0.1 * (u[2] - u[3]), -u[1] + 0.1 * (u[2] - u[3])]), [1, 1, 0, 0]],
    ["a magnetic force", (_t, u, _p, out) => out.set([u[2], u[3], u[3], -u[2]]), [1, 0, 0, 1]],
    ["a speed limit", (_t, u, _p, out) => out.set([u[1], -u[0] * Math.sqrt(1 - u[1] ** 2)]), [0.1, 0]],
    ["friction that sets in later", (t, u, _p, out) => out.set([u[1], -u[0] - (t > 1 ? 0.1 : 0) * u[1]]), [1, 0]],
    ["positions that do not follow the velocity", (_t, u, _p, out) => out.set([2 * u[1], -u[0]]), [1, 0]],
  ])("%s is found out", (_what, f, u0) => {
    expect(() => run(f, u0)).toThrow(unfit);
    expect(() => run(f, u0)).toThrow(OdeError);
  });

  test("an acceleration that is not finite is a retcode", () => {
    expect(solve(secondOrder((t, u, _p, out) => out.set([u[1], t > 1 ? NaN : -u[0]]), [1, 0], 2), dprkn6()).retcode).toBe("nonFinite");
    expect(solve(secondOrder((_t, u, _p, out) => out.set([u[1], NaN]), [1, 0], 2), dprkn6()).retcode).toBe("nonFinite");
  });
});
