import { expect, test } from "vitest";
import {
  add, concat, cond, constant, contract, dot, eulerLagrange, exp, grad, greater, hessian, jvp, matmul, mul, neg, pow, print, reshape, scan, sin, slice, softplus, solveLinear, sub, sum, tanh, tensor,
  trace, transpose, vmap, where, type Shape, type Tensor,
} from "./index.ts";

const show = (f: (...x: Tensor[]) => Tensor | Tensor[], ...shapes: Shape[]): string => `\n${print(trace((...x) => [f(...x)].flat(), shapes))}\n`;

test("one line per operation, with attributes and shapes", () => {
  expect(show((w, x) => matmul(w, x), [2, 3], [3])).toMatchInlineSnapshot(`
    "
    inputs %0 : [2, 3], %1 : [3]
    %2 = contract "ab,b->a" %0 %1 : [2]
    outputs %2
    "
  `);
  expect(show((x) => [concat([slice(x, 1, 3), pow(x, 1.5)]), tensor([1, 2, 3]), constant(-0)], [4])).toMatchInlineSnapshot(`
    "
    inputs %0 : [4]
    %1 = slice start=[1] %0 : [2]
    %2 = pow exponent=1.5 %0 : [4]
    %3 = concat axis=0 %1 %2 : [6]
    %4 = literal {1, 2, 3} : [3]
    %5 = constant -0 : []
    outputs %3, %4, %5
    "
  `);
});

test("what no output needs is no operation of the program", () => {
  expect(show((x) => {
    const dead = mul(sin(x), exp(x));
    return slice(concat([mul(x, 2), dead]), 0, 3);
  }, [3])).toMatchInlineSnapshot(`
    "
    inputs %0 : [3]
    %1 = constant 2 : [3]
    %2 = mul %0 %1 : [3]
    outputs %2
    "
  `);
});

test("equal subexpressions are one operation, whoever wrote them", () => {
  expect(show((x) => add(mul(sin(x), sin(x)), grad((y) => sum(sub(y, mul(sin(y), 2))))(x)), [3])).toMatchInlineSnapshot(`
    "
    inputs %0 : [3]
    %1 = sin %0 : [3]
    %2 = mul %1 %1 : [3]
    %3 = constant 1 : [3]
    %4 = constant -2 : [3]
    %5 = cos %0 : [3]
    %6 = mul %4 %5 : [3]
    %7 = add %3 %6 : [3]
    %8 = add %2 %7 : [3]
    outputs %8
    "
  `);
  expect(show((x, y) => add(contract("ik,kj->ij", x, y), contract("pq,qr->pr", x, y)), [2, 2], [2, 2])).toMatchInlineSnapshot(`
    "
    inputs %0 : [2, 2], %1 : [2, 2]
    %2 = contract "ab,bc->ac" %0 %1 : [2, 2]
    %3 = add %2 %2 : [2, 2]
    outputs %3
    "
  `);
});

test("neutral elements, zeros, constants and moves that cancel disappear", () => {
  expect(show((x) => add(mul(1, x), mul(sin(x), 0)), [3])).toMatchInlineSnapshot(`
    "
    inputs %0 : [3]
    outputs %0
    "
  `);
  expect(show((x) => mul(x, exp(add(constant(2), 3))), [])).toMatchInlineSnapshot(`
    "
    inputs %0 : []
    %1 = constant 148.4131591025766 : []
    %2 = mul %0 %1 : []
    outputs %2
    "
  `);
  expect(show((x) => neg(neg(transpose(transpose(reshape(reshape(x, [6]), [2, 3])))) ), [2, 3])).toMatchInlineSnapshot(`
    "
    inputs %0 : [2, 3]
    outputs %0
    "
  `);
  expect(show((x, y) => slice(concat([x, sin(y)]), 0, 3), [3], [2])).toMatchInlineSnapshot(`
    "
    inputs %0 : [3], %1 : [2]
    outputs %0
    "
  `);
  expect(show((x) => where(constant(1, [2]), x, 0), [2])).toMatchInlineSnapshot(`
    "
    inputs %0 : [2]
    outputs %0
    "
  `);
});

test("the gradient of a network shares its forward pass", () => {
  const loss = (w: Tensor, x: Tensor): Tensor => sum(softplus(matmul(w, x)));
  expect(show((w, x) => grad((v) => loss(v, x))(w), [3, 2], [2])).toMatchInlineSnapshot(`
    "
    inputs %0 : [3, 2], %1 : [2]
    %2 = contract "ab,b->a" %0 %1 : [3]
    %3 = sigmoid %2 : [3]
    %4 = contract "a,b->ab" %3 %1 : [3, 2]
    outputs %4
    "
  `);
  expect(show((w, x) => [loss(w, x), grad((v) => loss(v, x))(w), jvp((v) => loss(v, x), [w], [w])[1]], [3, 2], [2])).toMatchInlineSnapshot(`
    "
    inputs %0 : [3, 2], %1 : [2]
    %2 = contract "ab,b->a" %0 %1 : [3]
    %3 = softplus %2 : [3]
    %4 = sum axes=[0] %3 : []
    %5 = sigmoid %2 : [3]
    %6 = contract "a,b->ab" %5 %1 : [3, 2]
    %7 = mul %5 %2 : [3]
    %8 = sum axes=[0] %7 : []
    outputs %4, %6, %8
    "
  `);
  expect(show((w, xs) => vmap((x) => grad((y) => loss(w, y))(x))(xs), [3, 2], [5, 2])).toMatchInlineSnapshot(`
    "
    inputs %0 : [3, 2], %1 : [5, 2]
    %2 = contract "ab,cb->ca" %0 %1 : [5, 3]
    %3 = sigmoid %2 : [5, 3]
    %4 = contract "ab,ca->cb" %0 %3 : [5, 2]
    outputs %4
    "
  `);
});

test("second derivatives of simple functions are short", () => {
  expect(show(hessian((x) => dot(x, x)), [2])).toMatchInlineSnapshot(`
    "
    inputs %0 : [2]
    %1 = literal {2, 0, 0, 2} : [2, 2]
    outputs %1
    "
  `);
  expect(show(grad(grad((x) => tanh(x))), [])).toMatchInlineSnapshot(`
    "
    inputs %0 : []
    %1 = tanh %0 : []
    %2 = neg %1 : []
    %3 = sub %2 %1 : []
    %4 = constant 1 : []
    %5 = mul %1 %1 : []
    %6 = sub %4 %5 : []
    %7 = mul %3 %6 : []
    outputs %7
    "
  `);
  expect(show(eulerLagrange((q, v) => sub(dot(v, v), dot(q, q))), [2], [2])).toMatchInlineSnapshot(`
    "
    inputs %0 : [2], %1 : [2]
    %2 = literal {2, 0, 0, 2} : [2, 2]
    %3 = literal {2, 0, 0, 2, 0, 1} : [3, 2]
    %4 = neg %0 : [2]
    %5 = sub %4 %0 : [2]
    %6 = luSolve transposed=false %2 %3 %5 : [2]
    outputs %6
    "
  `);
});

test("a solution and its gradient factor the matrix once", () => {
  const text = show((a, b) => [solveLinear(a, b), grad((m) => sum(solveLinear(m, b)))(a)], [2, 2], [2]);
  expect(text).toMatchInlineSnapshot(`
    "
    inputs %0 : [2, 2], %1 : [2]
    %2 = luFactor %0 : [3, 2]
    %3 = luSolve transposed=false %0 %2 %1 : [2]
    %4 = constant 1 : [2]
    %5 = luSolve transposed=true %0 %2 %4 : [2]
    %6 = contract "a,b->ab" %5 %3 : [2, 2]
    %7 = neg %6 : [2, 2]
    outputs %3, %7
    "
  `);
});

test("programs of loops and branches are shown below them", () => {
  const f = (w: Tensor, x: Tensor): Tensor => scan((c, y) => [cond(greater(y, 0), (z) => mul(z, w), (z) => sin(z), c), []], constant(1), x)[0];
  expect(show(f, [], [3])).toMatchInlineSnapshot(`
    "
    inputs %0 : [], %1 : [3]
    %2 = constant 1 : []
    %3 = scan constants=1 carries=1 length=3 reverse=false %0 %2 %1 : [1]
      inputs %0 : [], %1 : [], %2 : []
      %3 = constant 0 : []
      %4 = greater %2 %3 : []
      %5 = cond %4 %0 %1 : [1]
        inputs %0 : [], %1 : []
        %2 = mul %1 %0 : []
        outputs %2
        inputs %0 : [], %1 : []
        %2 = sin %1 : []
        outputs %2
      %6 = reshape %5 : []
      outputs %6
    %4 = reshape %3 : []
    outputs %4
    "
  `);
});
