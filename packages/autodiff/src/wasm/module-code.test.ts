import { expect, test } from "vitest";
import { expand } from "../expand.ts";
import { add, concat, dot, eulerLagrange, matmul, reshape, slice, softplus, trace, vjp, vmap, type Program, type Tensor } from "../index.ts";
import { split } from "../split.ts";
import { moduleCode } from "./module-code.ts";
import { numberFormat } from "./number-format.ts";

/** A Lagrangian network of two hidden layers of width `h`, its right-hand side at `count` states together with its pullback. */
function network(h: number, count: number): Program {
  const lagrangian = (x: Tensor, p: Tensor): Tensor => {
    let from = 0;
    const take = (...shape: number[]): Tensor => {
      const size = shape.reduce((n, s) => n * s, 1);
      from += size;
      return reshape(slice(p, from - size, from), shape);
    };
    const [w1, b1, w2, b2, w3] = [take(h, 4), take(h), take(h, h), take(h), take(h)];
    return dot(w3, softplus(add(matmul(w2, softplus(add(matmul(w1, x), b1))), b2)));
  };
  const rhs = (u: Tensor, p: Tensor): Tensor => {
    const v = slice(u, 2, 4);
    return concat([v, eulerLagrange((q, w) => lagrangian(concat([q, w]), p))(slice(u, 0, 2), v)]);
  };
  return trace((u, p, w) => {
    const [y, pull] = vjp(vmap(rhs, [0, null]), u, p);
    return [y, ...pull(w)];
  }, [[count, 4], [7 * h + h * h], [count, 4]]);
}

test.each([10, 32, 128, 512])("modules stay below 32 kB, whatever the width: %i", (h) => {
  for (const count of [1, 8, 100]) {
    const program = network(h, count);
    const { first, second } = split(program, { late: 1, shared: [1], early: 1 });
    const [value, ...pulled] = program.outputs;
    const alone = [[value], pulled].map((outputs) => expand({ inputs: program.inputs, outputs }));
    // Batches are pulled back from tapes: alone, a batch's pullback would take up to 36 kB.
    for (const part of [...(count === 1 ? alone : []), first, second]) {
      for (const dtype of ["f64", "f32"] as const) expect(moduleCode(part, part.outputs.map(() => false), numberFormat(dtype, false)).bytes).toBeLessThan(32_768);
    }
  }
});
