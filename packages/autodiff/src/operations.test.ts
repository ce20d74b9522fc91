import { readdirSync, readFileSync } from "node:fs";
import { checkGrads } from "@fluxion/testkit";
import { describe, expect, test } from "vitest";
import * as autodiff from "./index.ts";
import {
  abs, add, asTensor, at, atan2, broadcastTo, cholesky, compile, concat, cond, constant, contract, cos, cubicSpline, customVjp, div, dot, erf, eulerLagrange, exp, expm1, gather, gelu, grad, greater, hamilton, hessian,
  identity, interp, jacobian, jvp, log, log1p, logDet, massAndForce, matmul, max, maximum, mean, min, minimum, mul, neg, outer, pinv, pow, reshape, scan, searchSorted, sigmoid, sign, sin, slice, softplus, solveLinear, sqrt, stack, sub, sum, take, tan, tanh,
  tensor, trace, transpose, valueAndGrad, vjp, vmap, where, type BackendName, type CompileOptions, type Dtype, type NestedArray, type Shape, type Tensor,
} from "./index.ts";
import { elementwise } from "./elementwise.ts";
import { makeNode } from "./tensor.ts";
import { topological } from "./trace.ts";

type Traced = (...x: Tensor[]) => Tensor;
interface Operation {
  readonly f: Traced;
  /** Shapes of the arguments for a size. */
  readonly shapes: (n: number) => Shape[];
  /** Where the entries of the arguments lie; default from -1.6 to 1.9, away from 0. */
  readonly domain?: readonly [number, number];
}

const entries = (f: Traced, count: number, domain?: readonly [number, number]): Operation => ({ f, shapes: (n) => Array.from({ length: count }, () => [n]), ...(domain ? { domain } : {}) });
const matrices = (f: Traced, ...more: readonly ((n: number) => Shape)[]): Operation => ({ f, shapes: (n) => [[n, n], ...more.map((shape) => shape(n))] });
const vector = (n: number): Shape => [n];
const positive = [0.2, 3] as const;
/** Ascending, from positive numbers. */
const scanned = (x: Tensor): Tensor => matmul(tensor(Array.from({ length: x.size }, (_, i) => Array.from({ length: x.size }, (_x, j) => (j <= i ? 1 : 0)))), x);
const flat = (...x: readonly Tensor[]): Tensor => concat(x.map((y) => reshape(y, [y.size])));
/** Far from singular. */
const safe = (a: Tensor): Tensor => add(mul(a, 0.3), mul(identity(a.shape[0]), a.shape[0]));
const cube = (x: Tensor): Tensor => customVjp({ forward: (y) => mul(y, mul(y, y)), backward: (g, [y]) => [mul(g, mul(3, mul(y, y)))] }, [x]);
const energy = (u: Tensor, v: Tensor): Tensor => add(dot(v, v), sum(mul(sin(u), mul(v, mul(v, 0.2)))));

/** Each exported operation on traced arrays, by its name; what follows a colon tells variants apart. */
const operations: Readonly<Record<string, Operation>> = {
  abs: entries(abs, 1), add: entries(add, 2), atan2: entries(atan2, 2), cos: entries(cos, 1), div: entries(div, 2, positive), erf: entries(erf, 1), exp: entries(exp, 1), expm1: entries(expm1, 1),
  gelu: entries(gelu, 1), greater: entries(greater, 2), log: entries(log, 1, positive), log1p: entries(log1p, 1, positive), maximum: entries(maximum, 2), minimum: entries(minimum, 2), mul: entries(mul, 2),
  "mul:multiplyAdd": entries((x, y, z) => makeNode(elementwise.multiplyAdd, [x, y, z], {}), 3),
  neg: entries(neg, 1), sigmoid: entries(sigmoid, 1), sign: entries(sign, 1), sin: entries(sin, 1), softplus: entries(softplus, 1), sqrt: entries(sqrt, 1, positive), sub: entries(sub, 2),
  tan: entries(tan, 1, [-1.2, 1.2]), tanh: entries(tanh, 1), where: entries((c, x, y) => where(greater(c, 0), mul(c, x), sin(mul(c, y))), 3),
  ...Object.fromEntries([-2.5, -2, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3, 4, 7].map((n) => [`pow: ${n}`, entries((x) => pow(x, n), 1, positive)])),
  "pow: traced": { f: pow, shapes: (n) => [[n], [n]], domain: positive },
  max: { f: (x) => max(mul(x, sin(x)), [1]), shapes: (n) => [[2, n, 3]] }, "max: all": { f: (x) => max(sin(mul(x, 3))), shapes: (n) => [[n, 2]] },
  min: { f: (x) => min(mul(x, sin(x)), [0, -1]), shapes: (n) => [[2, n, 3]] }, mean: { f: (x) => mean(mul(x, x), [-1]), shapes: (n) => [[2, n]] }, "mean: all": entries((x) => mean(exp(x)), 1),
  "add: broadcast": { f: (x, y, z) => add(mul(x, y), z), shapes: (n) => [[n, 3], [n, 1], [3]] },
  asTensor: entries((x) => mul(asTensor(x), asTensor(2)), 1),
  constant: entries((x) => mul(x, constant(1.5, x.shape)), 1),
  tensor: entries((x) => mul(x, tensor(Float64Array.from({ length: x.size }, (_, k) => k - 0.5))), 1),
  identity: matrices((x) => contract("ij,jk->ik", x, add(x, identity(x.shape[0])))),
  broadcastTo: entries((x) => mul(broadcastTo(x, [3, x.size]), tensor([[1], [2], [-3]])), 1),
  reshape: { f: (x) => reshape(transpose(x), [x.size]), shapes: (n) => [[n, 2]] },
  transpose: { f: (x) => transpose(x, [2, 0, 1]), shapes: (n) => [[2, n, 3]] },
  sum: { f: (x) => sum(mul(x, x), [1]), shapes: (n) => [[2, n, 3]] },
  "sum: all": { f: (x) => sum(mul(x, x)), shapes: (n) => [[n, 2]] },
  at: { f: (x) => mul(at(x, 1), at(x, 0)), shapes: (n) => [[2, n]] },
  slice: { f: (x) => mul(slice(x, 1, x.shape[1], 1), 2), shapes: (n) => [[2, n + 1]] },
  concat: { f: (x, y) => concat([x, y, mul(x, x)], 1), shapes: (n) => [[2, n], [2, 3]] },
  stack: entries((x, y) => stack([x, y, mul(x, y)]), 2),
  gather: entries((x) => gather(mul(x, x), [0, -1, x.size - 1, 0], [2, 2]), 1),
  "gather: gradient": entries((x) => grad((y) => dot(gather(y, [0, y.size - 1, 0]), gather(mul(y, y), [0, 0, y.size - 1])))(x), 1),
  take: { f: (x, y) => take(mul(x, x), mul(y, x.shape[0])), shapes: (n) => [[n, 2], [3]], domain: [0.01, 0.99] },
  "take: long rows": { f: (x, y) => take(transpose(x), add(y, 1)), shapes: (n) => [[n + 8, 4], [2, 2]], domain: [0.01, 0.99] },
  "take: gradient": { f: (x, y) => grad((z) => sum(mul(take(mul(z, z), mul(y, z.size)), sin(take(z, mul(mul(y, y), z.size))))))(x), shapes: (n) => [[n], [5]], domain: [0.01, 0.99] },
  "take: stacks": { f: (x, y) => vmap((z, places) => take(mul(z, 2), mul(places, z.shape[0])))(x, y), shapes: (n) => [[3, n, 2], [3, 2]], domain: [0.01, 0.99] },
  "take: stacked gradient": { f: (x, y) => vmap((z, places) => grad((u) => sum(exp(take(u, mul(places, u.size)))))(z))(x, y), shapes: (n) => [[3, n], [3, 4]], domain: [0.01, 0.99] },
  searchSorted: { f: (x, y) => mul(y, searchSorted(scanned(x), mul(y, x.size))), shapes: (n) => [[n], [5]], domain: [0.01, 0.99] },
  "searchSorted: stacks": { f: (x, y) => vmap((z, places) => mul(searchSorted(scanned(z), places), places))(x, y), shapes: (n) => [[2, n], [2, 3]], domain: [0.01, 2] },
  interp: { f: (x, y) => interp(x, Float64Array.from({ length: y.size }, (_, k) => 0.3 * k ** 1.5 - 1), mul(y, y)), shapes: (n) => [[n], [n + 1]] },
  "interp: knots": { f: (x, y, z) => interp(mul(x, 4), scanned(y), z), shapes: (n) => [[2, 2], [n + 1], [n + 1, 3]], domain: positive },
  cubicSpline: { f: (x) => cubicSpline(Array.from({ length: 6 }, (_, k) => 0.2 * k * (k + 1) - 2), [0.3, -1, 2, 2.5, 0, 1])(x), shapes: (n) => [[n]] },
  "cubicSpline: columns": { f: (x) => cubicSpline([-2, -1, 0.5, 2], [[1, 2], [-1, 0.5], [0.3, 0], [2, 1]])(x), shapes: (n) => [[n, 2]] },
  contract: { f: (x, y) => contract("bik,bkj->bji", x, y), shapes: (n) => [[2, 3, n], [2, n, 2]] },
  "contract: matrices": matrices((x, y) => contract("ki,kj->ij", x, y), (n) => [n, n]),
  dot: entries(dot, 2), outer: { f: outer, shapes: (n) => [[n], [3]] },
  matmul: { f: matmul, shapes: (n) => [[n, 3], [3, n]] }, "matmul: vector": matrices(matmul, vector),
  solveLinear: matrices((a, b) => solveLinear(safe(a), b), vector),
  cholesky: matrices((a) => cholesky(safe(a))),
  logDet: matrices((a) => { const { sign: s, logAbs } = logDet(safe(a)); return stack([s, logAbs]); }),
  pinv: { f: (a) => pinv(concat([safe(slice(a, 0, a.shape[1])), slice(a, a.shape[1], a.shape[0])])), shapes: (n) => [[n + 2, n]] },
  "pinv: wide": { f: (a) => pinv(concat([safe(slice(a, 0, a.shape[0], 1)), slice(a, a.shape[0], a.shape[1], 1)], 1)), shapes: (n) => [[n, n + 1]] },
  scan: { f: (w, c, x) => flat(...scan((h, y) => [tanh(add(mul(w, h), y)), mul(h, y)], c, x)), shapes: (n) => [[n], [n], [3, n]] },
  "scan: steps": { f: (w, x) => flat(...scan((h, y) => [sin(add(mul(w, h), y)), dot(h, y)], constant(0.5, [2]), x)), shapes: (n) => [[], [n, 2]] },
  cond: entries((c, x) => cond(greater(sum(c), 0), (y) => mul(y, sin(c)), (y) => exp(mul(y, c)), x), 2),
  customVjp: entries(cube, 1),
  grad: entries((x, y) => grad((z) => sum(mul(sin(z), mul(y, z))))(x), 2),
  valueAndGrad: entries((x, y) => { const { value, grads } = valueAndGrad((u, v) => sum(mul(sin(u), exp(v))))(x, y); return flat(value, ...grads); }, 2),
  vjp: entries((x, y) => flat(...vjp((u) => mul(exp(u), y), x)[1](y)), 2),
  jvp: entries((x, y) => flat(...jvp((u) => mul(tanh(u), y), [x], [y])), 2),
  jacobian: { f: (x) => jacobian((y) => mul(y, sum(sin(y))))(x), shapes: (n) => [[Math.min(n, 5)]] },
  hessian: { f: (x) => hessian((y) => sum(mul(sin(y), sum(y))))(x), shapes: (n) => [[Math.min(n, 5)]] },
  vmap: { f: (x, w) => vmap((y) => tanh(matmul(w, y)))(x), shapes: (n) => [[2, n], [3, n]] },
  eulerLagrange: { f: eulerLagrange(energy), shapes: (n) => [[Math.min(n, 4)], [Math.min(n, 4)]] },
  massAndForce: { f: (q, v) => { const { mass, force } = massAndForce(energy)(q, v); return flat(mass, force); }, shapes: (n) => [[Math.min(n, 4)], [Math.min(n, 4)]] },
  hamilton: { f: (q, p) => flat(...hamilton(energy)(q, p)), shapes: (n) => [[n], [n]] },
};

/** Exported, and no operation on traced arrays. */
const others = ["Tensor", "backends", "compile", "compileProgram", "compileScalar", "evaluate", "print", "printPlan", "resolveBackend", "trace", "tracedEvent", "tracedField"];

const sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17];
const sizeOf = (shape: Shape): number => shape.reduce((n, s) => n * s, 1);
/** Distinct values that avoid 0 and ties. */
const data = (shape: Shape, i: number, [from, to]: readonly [number, number] = [-1.6, 1.9]): Float64Array =>
  Float64Array.from({ length: sizeOf(shape) }, (_, k) => from + (to - from) * ((0.137 + 0.618034 * (k + 1) + 0.271 * i) % 1));
const nested = (shape: Shape, x: Float64Array): NestedArray =>
  shape.length === 0 ? x[0] : Array.from({ length: shape[0] }, (_, i) => nested(shape.slice(1), x.subarray((i * x.length) / shape[0], ((i + 1) * x.length) / shape[0])));
const literal = (x: Float64Array, shape: Shape): Tensor => reshape(tensor(x), shape);

function run(f: Traced, shapes: readonly Shape[], args: readonly Float64Array[], options: CompileOptions): Float64Array {
  let size = 0;
  const kernel = compile((...x) => {
    const y = f(...x);
    size = y.size;
    return y;
  }, shapes, options);
  const out = new Float64Array(size).fill(NaN);
  kernel(args, [out]);
  return out;
}

function expectNear(found: Float64Array, expected: Float64Array, tolerance: number, what = ""): void {
  expect(found.length).toBe(expected.length);
  const scale = expected.reduce((m, x) => Math.max(m, Math.abs(x)), 1);
  found.forEach((x, k) => {
    if (!(Math.abs(x - expected[k]) <= tolerance * scale)) expect.fail(`${what} entry ${k}: ${x} against ${expected[k]}`);
  });
}

/** Value, pullback and pushforward in one. */
const withDerivatives = (f: Traced): Traced => (...x) => {
  const [y, pull] = vjp(f, ...x);
  const directions = x.map((z, i) => literal(data(z.shape, i + 3), z.shape));
  return flat(y, ...pull(literal(data(y.shape, 7), y.shape)), jvp(f, x, directions)[1]);
};

const names = Object.keys(operations);

describe("the table", () => {
  test("has every exported operation", () => {
    const exported = Object.keys(autodiff).filter((name) => !others.includes(name)).toSorted();
    expect([...new Set(names.map((name) => name.split(":")[0]))].toSorted()).toEqual(exported);
  });

  test("has every primitive of the source, in an operation or a derivative of one", () => {
    const files = readdirSync(new URL(".", import.meta.url)).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
    const text = files.map((name) => readFileSync(new URL(name, import.meta.url), "utf8")).join("\n");
    const defined = [...text.matchAll(/(?:Primitive(?:<.*>)? = \{\s+name: |: define\()"(\w+)"/g)].map(([, name]) => name);
    expect(defined.length).toBeGreaterThan(40);
    const seen = new Set<string>();
    const visit = (roots: readonly Tensor[]): void => {
      for (const node of topological(roots)) {
        seen.add(node.primitive.name);
        for (const inner of node.primitive.programs?.of(node.attrs) ?? []) visit(inner.outputs);
      }
    };
    for (const name of names) {
      const { f, shapes } = operations[name];
      visit(trace((...x) => [withDerivatives(f)(...x)], shapes(3)).outputs);
    }
    expect(defined.filter((name) => !seen.has(name))).toEqual([]);
  });
});

type Way = readonly [BackendName, Dtype, "auto" | false];
const ways: readonly Way[] = [["js", "f64", "auto"], ["wasm", "f64", "auto"], ["wasm", "f32", "auto"]];
/** With the same loops as those: sizes with and without parts of a vector will do. */
const moreWays: readonly Way[] = [["interpreter", "f32", "auto"], ["js", "f32", "auto"], ["wasm", "f64", false], ["wasm", "f32", false]];
const fewSizes: ReadonlySet<number> = new Set([1, 3, 8, 17]);

test.each(names)("%s: value and derivatives are the interpreter's at every size", (name) => {
  const { f, shapes, domain } = operations[name];
  // Some take no more than a few entries.
  const different = sizes.filter((n, i) => i === 0 || shapes(n).join() !== shapes(sizes[i - 1]).join());
  for (const n of different) {
    const args = shapes(n).map((shape, i) => data(shape, i, domain).map(Math.fround));
    const expected = run(withDerivatives(f), shapes(n), args, { backend: "interpreter" });
    for (const [backend, dtype, relaxedSimd] of [...ways, ...(fewSizes.has(n) ? moreWays : [])]) {
      expectNear(run(withDerivatives(f), shapes(n), args, { backend, dtype, relaxedSimd }), expected, dtype === "f64" ? 1e-12 : 2e-5, `${backend} ${dtype}, relaxedSimd ${relaxedSimd}, size ${n},`);
    }
  }
});

describe.each(["interpreter", "js", "wasm"] as const)("rules, %s", (backend) => {
  test.each(names)("%s: derivatives to second order, third of functions of one array", (name) => {
    const { f, shapes, domain } = operations[name];
    const args = shapes(3).map((shape, i) => nested(shape, data(shape, i, domain)));
    checkGrads(f, args, { backend, order: backend === "js" && args.length === 1 ? 3 : 2, tolerance: 1e-6 });
  });

  test.each(names)("%s: mapped once and twice equals loops, with arguments held fixed or not", (name) => {
    const { f, shapes, domain } = operations[name];
    const [m, k] = [3, 2];
    const own = shapes(3);
    const batches = own.map((shape, i) => data([m, k, ...shape], i, domain));
    const part = (i: number, r: number): Float64Array => batches[i].subarray(r * sizeOf(own[i]), (r + 1) * sizeOf(own[i]));
    const loop = (count: number, fixed: number): Float64Array => Float64Array.from(Array.from({ length: count }, (_, r) => [...run(f, own, own.map((_unused, i) => part(i, i === fixed ? 0 : r)), { backend })]).flat());
    expectNear(run(vmap(vmap(f)), own.map((s) => [m, k, ...s]), batches, { backend }), loop(m * k, -1), 1e-14);
    for (let fixed = -1; fixed < (own.length > 1 ? own.length : 0); fixed++) {
      const args = own.map((s, i) => (i === fixed ? part(i, 0) : batches[i].subarray(0, m * sizeOf(s))));
      const mapped = vmap(f, own.map((_, i) => (i === fixed ? null : 0)));
      expectNear(run(mapped, own.map((s, i) => (i === fixed ? s : [m, ...s])), args, { backend }), loop(m, fixed), 1e-14, `argument ${fixed} fixed,`);
    }
  });
});
