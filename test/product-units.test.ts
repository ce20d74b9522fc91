// The cost of right-hand sides and their vector-Jacobian products, counted in the compiled programs. A unit is one product of
// an H x H weight matrix with a vector, or one such matrix added to the parameter gradient.
import { add, concat, dot, eulerLagrange, hamilton, print, slice, sum, trace, vjp, vmap, type Tensor } from "@fluxion/autodiff";
import { mlp, parameterLayout } from "@fluxion/nn-core";
import { expect, test } from "vitest";

const H = 48;
type Rhs = (u: Tensor, p: Tensor) => Tensor;

/** A network of two hidden layers of width H over a flat parameter vector. */
function network(inputs: number, outputs: number): { count: number; apply: (x: Tensor, p: Tensor) => Tensor } {
  const net = mlp({ hidden: [H, H], activation: "softplus" })(inputs, outputs);
  const layout = parameterLayout(net.params);
  return { count: layout.size, apply: (x, p) => net.apply(layout.unflatten(p), x) };
}

/** Multiplications per H * H in the products of a program that have two axes of length H: not those with the thin outer layers. */
function units(f: (...x: Tensor[]) => readonly Tensor[], shapes: readonly (readonly number[])[]): number {
  const sizes = new Map<string, number[]>();
  let multiplications = 0;
  for (const line of print(trace(f, shapes)).split("\n")) {
    for (const [, name, shape] of line.matchAll(/(%\d+) (?:= .*)?: \[([\d, ]*)\]/g)) sizes.set(name, shape === "" ? [] : shape.split(", ").map(Number));
    const product = /= contract "(\w*),(\w*)->\w*" (%\d+) (%\d+)/.exec(line);
    if (!product) continue;
    const [, a, b, x, y] = product;
    const lengths = new Map([...[...a].map((l, i) => [l, sizes.get(x)![i]] as const), ...[...b].map((l, i) => [l, sizes.get(y)![i]] as const)]);
    const all = [...lengths.values()];
    if (all.filter((s) => s === H).length === 2) multiplications += all.reduce((n, s) => n * s, 1);
  }
  return multiplications / (H * H);
}

function count(rhs: Rhs, n: number, m: number): { rhs: number; both: number } {
  return {
    rhs: units((u, p) => [rhs(u, p)], [[n], [m]]),
    both: units((u, p, w) => {
      const [y, pull] = vjp(rhs, u, p);
      return [y, ...pull(w)];
    }, [[n], [m], [n]]),
  };
}

const lagrangian = (d: number): { rhs: Rhs; count: number } => {
  const { count: m, apply } = network(2 * d, 1);
  return {
    count: m,
    rhs: (u, p) => {
      const v = slice(u, d, 2 * d);
      const energy = (q: Tensor, w: Tensor): Tensor => add(sum(apply(concat([q, w]), p)), dot(w, w));
      return concat([v, eulerLagrange(energy)(slice(u, 0, d), v)]);
    },
  };
};

test.each([[1, 4, 12], [2, 5, 13], [3, 6, 14], [7, 10, 18]])("a Lagrangian network of %i coordinates: d + 3 units, and d + 11 with the product", (d, alone, both) => {
  const { rhs, count: m } = lagrangian(d);
  expect(count(rhs, 2 * d, m)).toEqual({ rhs: alone, both });
});

test("a Hamiltonian network: 2 units, and 6 with the product", () => {
  const { count: m, apply } = network(4, 1);
  expect(count((u, p) => concat(hamilton((q, w) => sum(apply(concat([q, w]), p)))(slice(u, 0, 2), slice(u, 2, 4))), 4, m)).toEqual({ rhs: 2, both: 6 });
});

test("a neural ODE: 1 unit, and 3 with the product", () => {
  const { count: m, apply } = network(4, 4);
  expect(count(apply, 4, m)).toEqual({ rhs: 1, both: 3 });
});

test("a batch costs what its states cost alone", () => {
  const { rhs, count: m } = lagrangian(2);
  const together = units((u, p, w) => {
    const [y, pull] = vjp(vmap(rhs, [0, null]), u, p);
    return [y, ...pull(w)];
  }, [[5, 4], [m], [5, 4]]);
  expect(together).toBe(5 * 13);
});
