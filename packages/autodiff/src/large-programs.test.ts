import { Session } from "node:inspector/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { add, at, compile, cond, concat, constant, evaluate, grad, matmul, mul, reshape, scan, sin, slice, sub, sum, tensor, type Tensor } from "./index.ts";

const deep = (count: number) => (x: Tensor): Tensor => Array.from({ length: count }).reduce<Tensor>((y) => sin(add(y, 0.1)), x);

const session = new Session();
// Before the first test, as functions that have run already are not counted by blocks.
beforeAll(async () => {
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
});
afterAll(() => session.disconnect());

/** How often blocks of code of this package run while `work` does: which tells what it takes on any machine. */
async function countOf(work: () => void): Promise<number> {
  await session.post("Profiler.takePreciseCoverage");
  work();
  const { result } = await session.post("Profiler.takePreciseCoverage");
  const own = result.filter(({ url }) => url.includes("packages/autodiff/src/"));
  return own.flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges)).reduce((total, { count }) => total + count, 0);
}

describe("large programs", () => {
  test("of more code than an engine takes in one function", () => {
    const plain = Array.from({ length: 5000 }).reduce<number>((y) => Math.sin(y + 0.1), 1);
    const [x, out] = [Float64Array.of(1, 2, 3), new Float64Array(3)];
    compile(deep(5000), [[3]], { backend: "wasm" })([x], [out]);
    expect(Math.abs(out[0] - plain)).toBeLessThan(1e-13);
  });

  test("a memory that no host has is a typed error, and generated JavaScript where the backend is left open", () => {
    const huge = [[600_000_000]] as const;
    expect(() => compile((x) => sum(x), huge, { backend: "wasm" })).toThrow(expect.objectContaining({ code: "MISSING_CAPABILITY" }));
    expect(() => compile((x) => sum(x), huge)).not.toThrow();
  });

  test("results of a loop that are read one by one", () => {
    const count = 1900;
    const loss = (x: Tensor): Tensor => {
      const [, ys] = scan((c: Tensor) => [sin(c), sin(c)], x, [] as Tensor[], count);
      return Array.from({ length: count }, (_, i) => i).reduce<Tensor>((s, i) => add(s, mul(at(ys, i), i / count)), constant(0));
    };
    // By the chain rule in plain numbers.
    let [y, dy, slope] = [1, 1, 0];
    for (let i = 0; i < count; i++) {
      dy *= Math.cos(y);
      y = Math.sin(y);
      slope += (dy * i) / count;
    }
    expect(evaluate(grad(loss), [1])[0] / slope).toBeCloseTo(1, 11);
  });

  test("lists that grow by one concat after another", () => {
    const list = (x: Tensor): Tensor => Array.from({ length: 4000 }).reduce<Tensor>((l) => concat([l, sin(slice(x, 0, 1))]), x);
    expect([...evaluate((x) => slice(list(x), 0, 2), [[1, 2]])]).toEqual([1, 2]);
  });

  test.each([
    ["gradients of steps that are written out", (n: number) => compile(grad((w: Tensor) => {
      const x = Array.from({ length: n }).reduce<Tensor>((y) => add(y, mul(0.01, sin(matmul(reshape(w, [6, 6]), y)))), constant(1, [6]));
      return sum(mul(x, x));
    }), [[36]], { backend: "js" })],
    ["sums of outer products", (n: number) => compile((x) => Array.from({ length: n }, (_, i) => i).reduce<Tensor>((s, i) => add(s, mul(reshape(sin(mul(x, i + 1)), [6, 1]), reshape(sin(mul(x, i + 2)), [1, 6]))), constant(0, [6, 6])), [[6]], { backend: "js" })],
  ])("%s compile in a number of operations not far from their length", async (_name, make) => {
    make(50);
    const [one, four] = [await countOf(() => make(100)), await countOf(() => make(400))];
    // Four times the length: 4 is linear, 16 quadratic. 5.1 and 4.5 were counted, the same again each time.
    expect(four / one).toBeLessThan(6);
  });
});

describe("what is no traced array", () => {
  const invalid = (code: string, pattern: RegExp): Error => expect.objectContaining({ code, message: expect.stringMatching(pattern) as string }) as Error;

  test.each<[string, () => unknown, RegExp]>([
    ["u[0]", () => evaluate((u) => (u as unknown as Tensor[])[0], [[1, 2]]), /entry i of x is at\(x, i\)/],
    ["a branch that returns a number", () => evaluate((x) => cond(sub(x, 1), () => 0 as unknown as Tensor, (y) => y, x), [2]), /must return a traced array or a list of them: it returned number/],
    ["a loop whose function returns no pair", () => evaluate((x) => scan((c: Tensor) => c as never, x, [] as Tensor[], 2)[0], [2]), /must return a pair/],
  ])("%s", (_name, act, pattern) => {
    expect(act).toThrow(invalid("INVALID_TRACE", pattern));
  });

  test("numbers as strings, a number for the list of arguments, and typed arrays in lists", () => {
    expect(() => tensor(["1", "2"] as never)).toThrow(invalid("INVALID_ARGUMENT", /got the string "1"/));
    expect(() => tensor([1, undefined] as never)).toThrow(invalid("INVALID_ARGUMENT", /got undefined/));
    expect(() => evaluate((x) => x, 2 as never)).toThrow(invalid("INVALID_ARGUMENT", /must be a list/));
    expect([...evaluate((x) => mul(x, 2), [[Float64Array.of(1, 2), Float64Array.of(3, 4)] as never])]).toEqual([2, 4, 6, 8]);
    expect(evaluate((x) => grad((y) => mul(y, y))(3 as never) && x, [1])[0]).toBe(1);
  });
});
