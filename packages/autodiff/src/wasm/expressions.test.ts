import { expect, test } from "vitest";
import { neg, sigmoid, softplus, trace, type Tensor } from "../index.ts";
import { ConstantPool } from "./constant-pool.ts";
import { Expressions } from "./expressions.ts";
import { FunctionBuilder, unsigned } from "./function-builder.ts";
import { Imports } from "./imports.ts";
import { numberFormat } from "./number-format.ts";
import { f64x2, simd, v128 } from "./opcodes.ts";

/** How often the code of functions of one vector, which share what they can, holds each instruction. */
function instructions(functions: (x: Tensor) => Tensor[], fused: boolean): (code: number) => number {
  const { inputs, outputs } = trace(functions, [[2]]);
  const f = new FunctionBuilder(0, numberFormat("f64", fused));
  const code = new Expressions(f, new ConstantPool(0, 100), new Imports(), 2);
  const values = new Map([[inputs[0], f.local(v128)]]);
  const valueOf = (x: Tensor): number => {
    if (!values.has(x)) values.set(x, code.node(x, x.args.map(valueOf)));
    return values.get(x)!;
  };
  outputs.forEach(valueOf);
  const text = ` ${f.finish().join(" ")}`;
  return (wanted) => text.split(` 253 ${unsigned(wanted).join(" ")} `).length - 1;
}

test("sigmoid of x and of -x and softplus share one exponential and one comparison, and have a quotient each", () => {
  for (const fused of [true, false]) {
    const count = instructions((x) => [sigmoid(x), sigmoid(neg(x)), softplus(x)], fused);
    expect([count(f64x2.shiftLeft), count(f64x2.ge), count(f64x2.div)]).toEqual([1, 1, 3]);
    expect([count(f64x2.laneSelect), count(simd.select)]).toEqual(fused ? [2, 0] : [0, 2]);
  }
});
