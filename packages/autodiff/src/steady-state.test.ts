import { rk4 } from "@fluxion/ode-core";
import { describe, expect, test } from "vitest";
import { add, at, cholesky, compile, concat, cond, contract, dot, eulerLagrange, gather, grad, greater, hessian, logDet, matmul, mul, pinv, scan, sin, slice, softplus, solveLinear, stack, sum, tracedField, transpose, vmap, type CompileOptions, type Tensor } from "./index.ts";

const values = (n: number, k: number): Float64Array => Float64Array.from({ length: n }, (_, i) => Math.sin(2.3 * i + k) + 0.1);

describe("steady-state calls", () => {
  /** Bytes by which the heap grows per call, the smallest of several rounds (other work of the host only adds). */
  function bytesPerCall(call: () => void, calls = 20_000): number {
    for (let i = 0; i < calls; i++) call();
    let least = Infinity;
    for (let round = 0; round < 5; round++) {
      const before = process.memoryUsage();
      for (let i = 0; i < calls; i++) call();
      const after = process.memoryUsage();
      const grown = after.heapUsed - before.heapUsed + (after.external - before.external);
      if (grown >= 0) least = Math.min(least, grown / calls);
    }
    return least;
  }

  test("the measurement sees an allocation of one small object per call", () => {
    const kept: object[] = [{}];
    let k = 0;
    expect(bytesPerCall(() => void (kept[0] = { k: k++, x: [k] }))).toBeGreaterThan(8);
  });

  const programs: Readonly<Record<string, [f: (...x: Tensor[]) => Tensor | Tensor[], shapes: number[][], outputs: number[]]>> = {
    "elementwise and sums": [(x) => [sin(x), sum(softplus(x))], [[40]], [40, 1]],
    "products and a gradient that is added": [(w, x) => [matmul(w, x), grad((v) => sum(softplus(matmul(v, x))))(w)], [[6, 6], [6]], [6, 36]],
    "a linear system and its derivative": [(a, b) => [solveLinear(a, b), grad((m) => sum(solveLinear(m, b)))(a)], [[3, 3], [3]], [3, 9]],
    "gather and scatter": [(x) => [gather(x, [3, 0, -1]), grad((y) => dot(gather(y, [0, 0, 2]), gather(y, [1, 2, 3])))(x)], [[4]], [3, 4]],
    "an equation of motion": [(w, q, v) => eulerLagrange((a, b) => add(sum(softplus(matmul(w, concat([a, b])))), dot(b, b)))(q, v), [[5, 4], [2], [2]], [2]],
    "a mapped Hessian": [(x) => vmap(hessian((y) => sum(sin(mul(y, at(y, 0))))))(x), [[3, 2]], [12]],
    "a loop with a branch, and its gradient": [
      (w, x) => {
        const loop = (v: Tensor): Tensor => scan((c, y) => [cond(greater(y, 0), (z) => matmul(v, mul(z, y)), (z) => sin(z), c), sum(c)], at(v, 0), x)[0];
        return [loop(w), grad((v) => sum(loop(v)))(w)];
      },
      [[3, 3], [5]], [3, 9],
    ],
    "factors, logarithms of determinants and pseudoinverses": [(a) => [logDet(cholesky(matmul(a, transpose(a)))).logAbs, grad((m) => sum(pinv(m)))(a)], [[3, 3]], [1, 9]],
    "moves of entries": [(x) => [concat([transpose(x), slice(x, 0, 2)]), stack([at(x, 0), at(x, 1)]), contract("ij,kj->ik", x, x)], [[3, 3]], [15, 6, 9]],
  };
  const targets: readonly CompileOptions[] = [{ backend: "js" }, { backend: "wasm" }, { backend: "wasm", dtype: "f32" }];
  const cases = targets.flatMap((target) => Object.entries(programs).map(([name, program]) => [`${target.backend!} ${target.dtype ?? "f64"}`, name, target, program] as const));
  test.each(cases)("%s allocate nothing: %s", (_target, _name, target, [f, shapes, sizes]) => {
    const kernel = compile(f, shapes, { ...target, accumulate: [false, true] });
    const ins = shapes.map((s, k) => values(s.reduce((n, x) => n * x, 1), k).map((x) => x + Math.PI));
    const outs = sizes.map((n) => new Float64Array(n));
    expect(bytesPerCall(() => kernel(ins, outs))).toBeLessThan(2);
  });

  test.each(targets.flatMap((target) => [2, 11].map((count) => [target, count] as const)))("%j: batches of %i and their tapes allocate nothing", (target, count) => {
    const field = tracedField((t, u, p) => mul(sin(add(u, t)), at(p, 0)), { dim: 3, paramCount: 2, ...target });
    const bound = field.batch!(count).bind(values(2, 1));
    const [u, w, out, gradient] = [values(3 * count, 2), values(3 * count, 3), new Float64Array(3 * count), new Float64Array(2)];
    expect(bytesPerCall(() => bound.rhs(0.5, u, out))).toBeLessThan(2);
    expect(bytesPerCall(() => bound.vjp!(0.5, u, w, out, gradient))).toBeLessThan(2);
    const tape = bound.tape!();
    expect(bytesPerCall(() => {
      tape.rewind();
      tape.vjp(tape.push(0.5, u, out), u, out);
    })).toBeLessThan(2);
    const steps = bound.stepTape!(rk4().tableau!);
    if (steps) expect(bytesPerCall(() => steps.pull(steps.push(0.5, 1e-3, u, out), out))).toBeLessThan(2);
    expect(steps !== undefined).toBe(target.backend === "wasm");
  });
});
