import { expect, test } from "vitest";
import { add, concat, cos, matmul, mul, neg, printPlan, reshape, sigmoid, sin, trace, type Tensor } from "../index.ts";

const show = (f: (m: Tensor, x: Tensor) => Tensor): string => `\n${printPlan(trace((m, x) => [f(m, x)], [[3, 3], [3]]))}\n`;

test("what one later loop alone reads is computed there, with all that it alone needs", () => {
  expect(show((m, x) => mul(matmul(m, sin(x)), add(mul(x, 2), 1)))).toMatchInlineSnapshot(`
    "
    inputs %0 : [3, 3], %1 : [3]
    arena of 3 numbers
    loop [3]
      %2 = sin %1 : [3] -> arena 0
    loop [3]
      %3 = mul %0[0; 3] %2[0; 0] : [3]
      %4 = multiplyAdd %0[1; 3] %2[1; 0] %3 : [3]
      %5 = multiplyAdd %0[2; 3] %2[2; 0] %4 : [3]
      %6 = mul %1 2 : [3]
      %7 = add %6 1 : [3]
      %8 = mul %5 %7 : [3] -> output 0 from 0
    "
  `);
});

test("what is computed from arrays in memory is computed where it is read first, parts of concatenations as well", () => {
  expect(show((m, x) => {
    const square = mul(x, x);
    const later = mul(matmul(m, sin(x)), square);
    return matmul(m, matmul(reshape(concat([square, later, x]), [3, 3]), x));
  })).toMatchInlineSnapshot(`
    "
    inputs %0 : [3, 3], %1 : [3]
    arena of 12 numbers
    loop [3]
      %2 = sin %1 : [3] -> arena 0
    loop [3]
      %3 = mul %1 %1 : [3] -> arena 3
      %4 = mul %0[0; 3] %2[0; 0] : [3]
      %5 = multiplyAdd %0[1; 3] %2[1; 0] %4 : [3]
      %6 = multiplyAdd %0[2; 3] %2[2; 0] %5 : [3]
      %7 = mul %6 %3 : [3] -> arena 6
    concat
      %8 = concat axis=0 %3 %7 %1 : [9] -> arena 3
    loop [3]
      %9 = mul %8[0; 3] %1[0; 0] : [3]
      %10 = multiplyAdd %8[1; 3] %1[1; 0] %9 : [3]
      %11 = multiplyAdd %8[2; 3] %1[2; 0] %10 : [3] -> arena 0
    loop [3]
      %12 = mul %0[0; 3] %11[0; 0] : [3]
      %13 = multiplyAdd %0[1; 3] %11[1; 0] %12 : [3]
      %14 = multiplyAdd %0[2; 3] %11[2; 0] %13 : [3] -> output 0 from 0
    "
  `);
});

test("what several stored results would be needed for stays", () => {
  expect(show((m, x) => {
    const [s, c] = [sin(x), cos(x)];
    return mul(matmul(m, add(s, c)), mul(s, c));
  })).toMatchInlineSnapshot(`
    "
    inputs %0 : [3, 3], %1 : [3]
    arena of 6 numbers
    loop [3]
      %2 = sin %1 : [3]
      %3 = cos %1 : [3]
      %4 = add %2 %3 : [3] -> arena 0
      %5 = mul %2 %3 : [3] -> arena 3
    loop [3]
      %6 = mul %0[0; 3] %4[0; 0] : [3]
      %7 = multiplyAdd %0[1; 3] %4[1; 0] %6 : [3]
      %8 = multiplyAdd %0[2; 3] %4[2; 0] %7 : [3]
      %9 = mul %8 %5 : [3] -> output 0 from 0
    "
  `);
});

test("functions stay with those that may share a part of theirs", () => {
  expect(show((m, x) => mul(matmul(m, sigmoid(x)), sigmoid(neg(x))))).toMatchInlineSnapshot(`
    "
    inputs %0 : [3, 3], %1 : [3]
    arena of 6 numbers
    loop [3]
      %2 = sigmoid %1 : [3] -> arena 0
      %3 = neg %1 : [3]
      %4 = sigmoid %3 : [3] -> arena 3
    loop [3]
      %5 = mul %0[0; 3] %2[0; 0] : [3]
      %6 = multiplyAdd %0[1; 3] %2[1; 0] %5 : [3]
      %7 = multiplyAdd %0[2; 3] %2[2; 0] %6 : [3]
      %8 = mul %7 %4 : [3] -> output 0 from 0
    "
  `);
});
