import { expect, test } from "vitest";
import { add, compileProgram, concat, dot, matmul, mul, reshape, slice, tanh, trace, vjp, vmap, type Program, type Tensor } from "../index.ts";
import { contractPrimitive } from "../contract.ts";
import { topological } from "../trace.ts";
import { deferProducts } from "./defer-products.ts";

const values = (n: number, seed: number): Float64Array => Float64Array.from({ length: n }, (_, i) => Math.sin(1.3 * i + seed));

/** A network `[3] -> [8] -> [5] -> [5]` with parameters `[24 + 8 + 40 + 5 + 15]`. */
function network(x: Tensor, p: Tensor): Tensor {
  let from = 0;
  const take = (...shape: number[]): Tensor => {
    const size = shape.reduce((n, s) => n * s, 1);
    from += size;
    return reshape(slice(p, from - size, from), shape);
  };
  const hidden = tanh(add(matmul(take(8, 3), x), take(8)));
  return matmul(take(5, 3), slice(tanh(add(matmul(take(5, 8), hidden), take(5))), 0, 3));
}

const run = ({ inputs, outputs }: Program, ...args: Float64Array[]): Float64Array[] => {
  const out = outputs.map((y) => new Float64Array(y.size));
  expect(args.map((x) => x.length)).toEqual(inputs.map((x) => x.size));
  compileProgram({ inputs, outputs }, { backend: "interpreter" })(args, out);
  return out;
};
const products = ({ outputs }: Program): number => topological(outputs).filter((x) => x.primitive === contractPrimitive && x.size === 40).length;

test.each([
  ["one state", (x: Tensor, p: Tensor) => network(x, p), 3],
  ["a batch, whose products have several rows", (x: Tensor, p: Tensor) => vmap((y: Tensor) => network(y, p))(x), 6],
] as const)("what is left over and its sum over several runs make up the gradient: %s", (_name, f, size) => {
  const shape = size === 3 ? [3] : [2, 3];
  const out = size === 3 ? [5] : [2, 5];
  const program = trace((x, p, w) => vjp(f, x, p)[1](w), [shape, [92], out]);
  const { program: rest, spacings, sum } = deferProducts(program, 1)!;
  expect([products(program), products(rest), products(sum(3))]).toEqual([1, 0, 1]);
  const [p, partial, expected]: Float64Array[] = [values(92, 1), new Float64Array(92), new Float64Array(92)];
  const factors = spacings.map((numbers) => new Float64Array(3 * numbers));
  for (let round = 0; round < 3; round++) {
    const args = [values(size, round + 2), p, values((5 * size) / 3, round + 5)];
    const [whole, some] = [run(program, ...args), run(rest, ...args)];
    expect(some[0]).toEqual(whole[0]);
    whole[1].forEach((x, i) => (expected[i] += x));
    some[1].forEach((x, i) => (partial[i] += x));
    factors.forEach((all, k) => all.set(some[2 + k], round * spacings[k]));
  }
  const [added] = run(sum(3), ...factors);
  expected.forEach((x, i) => expect(partial[i] + added[i]).toBeCloseTo(x, 13));
});

test("long rows of several runs are kept apart", () => {
  const program = trace((x, p, w) => vjp((y: Tensor, q: Tensor) => matmul(reshape(q, [3, 64]), y), x, p)[1](w), [[64], [192], [3]]);
  const { program: rest, spacings, sum } = deferProducts(program, 1)!;
  expect(spacings).toEqual([3, 72]);
  const [lefts, rights] = spacings.map((numbers) => new Float64Array(2 * numbers));
  const expected = new Float64Array(192);
  for (const round of [0, 1]) {
    const [x, p, w] = [values(64, round), values(192, 5), values(3, round + 2)];
    const some = run(rest, x, p, w);
    [lefts, rights].forEach((all, k) => all.set(some[2 + k], round * spacings[k]));
    run(program, x, p, w)[1].forEach((y, i) => (expected[i] += y));
  }
  run(sum(2), lefts, rights)[0].forEach((y, i) => expect(y).toBeCloseTo(expected[i], 13));
});

test("a gradient without products is left as it is", () => {
  expect(deferProducts(trace((x, p) => [dot(x, p), concat([mul(x, 2), x])], [[4], [4]]), 1)).toBeNull();
});
