import { expect, test } from "vitest";
import { add, cholesky, concat, constant, grad, matmul, mul, printPlan, sin, slice, sum, tanh, trace, transpose, type Shape, type Tensor } from "../index.ts";

const show = (f: (...x: Tensor[]) => Tensor | Tensor[], ...shapes: Shape[]): string => `\n${printPlan(trace((...x) => [f(...x)].flat(), shapes))}\n`;

test("elementwise operations share a loop, and what only they read stays in registers", () => {
  expect(show((w, x) => grad((v) => sum(tanh(matmul(v, x))))(w), [3, 5], [5])).toMatchInlineSnapshot(`
    "
    inputs %0 : [3, 5], %1 : [5]
    arena of 6 numbers
    contract
      %2 = contract "ab,b->a" %0 %1 : [3] -> arena 0
    loop [3]
      %3 = tanh %2 : [3]
      %4 = mul %3 %3 : [3]
      %5 = sub 1 %4 : [3] -> arena 3
    contract
      %6 = contract "a,b->ab" %5 %1 : [3, 5] -> output 0 from 0
    "
  `);
});

test("results are computed where they are wanted, without copies", () => {
  expect(show((x) => concat([sin(x), mul(x, x)]), [3])).toMatchInlineSnapshot(`
    "
    inputs %0 : [3]
    arena of 0 numbers
    loop [3]
      %1 = sin %0 : [3] -> output 0 from 0
      %2 = mul %0 %0 : [3] -> output 0 from 3
    "
  `);
});

test("of an output only that is cleared which nothing is written to, unless several parts are added up", () => {
  const apart = (x: Tensor): Tensor => concat([sin(x), constant(0, [2]), mul(x, x)]);
  expect(show((x) => [apart(x), add(concat([x, x]), concat([constant(0, [3]), mul(x, 2)]))], [3])).toMatchInlineSnapshot(`
    "
    inputs %0 : [3]
    arena of 3 numbers
    clear 2 of output 0 from 3
    clear 6 of output 1 from 0
    loop [3]
      %1 = sin %0 : [3] -> output 0 from 0
      %2 = mul %0 %0 : [3] -> output 0 from 5
      %3 = mul %0 2 : [3] -> arena 0
    add %0 to output 1 from 0
    add %0 to output 1 from 3
    add %3 to output 1 from 3
    "
  `);
});

test("products of one matrix are one product", () => {
  expect(show((w, x, y) => [matmul(w, x), matmul(w, y)], [8, 8], [8], [8])).toMatchInlineSnapshot(`
    "
    inputs %0 : [8, 8], %1 : [8], %2 : [8]
    arena of 32 numbers
    concat
      %3 = concat axis=0 %1 %2 : [2, 8] -> arena 0
    contract
      %4 = contract "ab,cb->ca" %0 %3 : [2, 8] -> arena 16
    copy %4[0; 8, 1] to output 0 from 0
    copy %4[8; 8, 1] to output 1 from 0
    "
  `);
});

test("transposes and slices are windows on other arrays", () => {
  expect(show((w, x) => matmul(transpose(w), add(slice(x, 1, 6), 1)), [5, 3], [7])).toMatchInlineSnapshot(`
    "
    inputs %0 : [5, 3], %1 : [7]
    arena of 5 numbers
    loop [5]
      %2 = add %1[1; 1] 1 : [5] -> arena 0
    contract
      %3 = contract "ab,b->a" %0[0; 1, 3] %2 : [3] -> output 0 from 0
    "
  `);
});

test("storage is used again once its last reader has run", () => {
  const deep = (w: Tensor, x: Tensor): Tensor => Array.from({ length: 4 }).reduce<Tensor>((h) => tanh(matmul(w, h)), x);
  expect(show(deep, [5, 5], [5])).toMatchInlineSnapshot(`
    "
    inputs %0 : [5, 5], %1 : [5]
    arena of 10 numbers
    contract
      %2 = contract "ab,b->a" %0 %1 : [5] -> arena 0
    loop [5]
      %3 = tanh %2 : [5] -> arena 5
    contract
      %4 = contract "ab,b->a" %0 %3 : [5] -> arena 0
    loop [5]
      %5 = tanh %4 : [5] -> arena 5
    contract
      %6 = contract "ab,b->a" %0 %5 : [5] -> arena 0
    loop [5]
      %7 = tanh %6 : [5] -> arena 5
    contract
      %8 = contract "ab,b->a" %0 %7 : [5] -> arena 0
    loop [5]
      %9 = tanh %8 : [5] -> output 0 from 0
    "
  `);
});

test("products with short sums are operations on whole arrays", () => {
  expect(show((w, x) => tanh(matmul(w, x)), [8, 2], [2])).toMatchInlineSnapshot(`
    "
    inputs %0 : [8, 2], %1 : [2]
    arena of 0 numbers
    loop [8]
      %2 = mul %0[0; 2] %1[0; 0] : [8]
      %3 = multiplyAdd %0[1; 2] %1[1; 0] %2 : [8]
      %4 = tanh %3 : [8] -> output 0 from 0
    "
  `);
});

test("operations on a few long rows are operations on each, in one loop", () => {
  expect(show((x, y) => [sin(x), mul(sin(x), y)], [8], [2, 8])).toMatchInlineSnapshot(`
    "
    inputs %0 : [8], %1 : [2, 8]
    arena of 0 numbers
    loop [8]
      %2 = sin %0 : [8] -> output 0 from 0
      %3 = mul %2 %1[0; 1] : [8] -> output 1 from 0
      %4 = mul %2 %1[8; 1] : [8] -> output 1 from 8
    concat
      %5 = concat axis=0 %3 %4 : [2, 8] -> output 1 from 0
    "
  `);
});

test("operations without code of their own get whole arrays of the arena", () => {
  expect(show((x) => cholesky(add(x, transpose(x))), [2, 2])).toMatchInlineSnapshot(`
    "
    inputs %0 : [2, 2]
    arena of 8 numbers
    loop [2, 2]
      %1 = add %0 %0[0; 1, 2] : [2, 2] -> arena 0
    cholesky
      %2 = cholesky %1 : [2, 2] -> arena 4
    copy %2 to output 0 from 0
    "
  `);
});

test("an output that is a sum of parts is added to", () => {
  expect(show((x) => add(concat([sin(x), x]), concat([x, mul(x, 2)])), [2])).toMatchInlineSnapshot(`
    "
    inputs %0 : [2]
    arena of 4 numbers
    clear 4 of output 0 from 0
    loop [2]
      %1 = sin %0 : [2] -> arena 0
      %2 = mul %0 2 : [2] -> arena 2
    add %1 to output 0 from 0
    add %0 to output 0 from 2
    add %0 to output 0 from 0
    add %2 to output 0 from 2
    "
  `);
});
