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
  const { program: rest, sum } = deferProducts(program, 1)!;
  expect([products(program), products(rest), products(sum(3))]).toEqual([1, 0, 1]);
  const [p, factors, partial, expected]: Float64Array[] = [values(92, 1), new Float64Array(3 * rest.outputs[2].size), new Float64Array(92), new Float64Array(92)];
  for (let round = 0; round < 3; round++) {
    const args = [values(size, round + 2), p, values((5 * size) / 3, round + 5)];
    const [whole, some] = [run(program, ...args), run(rest, ...args)];
    expect(some[0]).toEqual(whole[0]);
    whole[1].forEach((x, i) => (expected[i] += x));
    some[1].forEach((x, i) => (partial[i] += x));
    factors.set(some[2], round * some[2].length);
  }
  const [added] = run(sum(3), factors);
  expected.forEach((x, i) => expect(partial[i] + added[i]).toBeCloseTo(x, 13));
});

test("a gradient without products is left as it is", () => {
  expect(deferProducts(trace((x, p) => [dot(x, p), concat([mul(x, 2), x])], [[4], [4]]), 1)).toBeNull();
});
