import { readdirSync, readFileSync } from "node:fs";
import * as autodiff from "@fluxion/autodiff";
import { trace, vmap, type NestedArray, type Shape, type Tensor } from "@fluxion/autodiff";
import { checkGrads } from "@fluxion/testkit";
import { describe, expect, test } from "vitest";
import { topological } from "../packages/autodiff/src/trace.ts";
import { data, expectInterpreter, expectNear, moreWays, notOperations, operations, run, sizeOf, sizesOf, ways, withDerivatives } from "./fixtures/traced-operations.ts";

const names = Object.keys(operations);
const source = new URL("../packages/autodiff/src/", import.meta.url);
const nested = (shape: Shape, x: Float64Array): NestedArray =>
  shape.length === 0 ? x[0] : Array.from({ length: shape[0] }, (_, i) => nested(shape.slice(1), x.subarray((i * x.length) / shape[0], ((i + 1) * x.length) / shape[0])));

describe("the table", () => {
  test("has every exported operation", () => {
    const exported = Object.keys(autodiff).filter((name) => !notOperations.includes(name)).toSorted();
    expect([...new Set(names.map((name) => name.split(":")[0]))].toSorted()).toEqual(exported);
  });

  test("has every primitive of the source, in an operation or a derivative of one", () => {
    const files = readdirSync(source).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
    const text = files.map((name) => readFileSync(new URL(name, source), "utf8")).join("\n");
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

/** Sizes in the other ways: around whole vectors of float64 and float32. The full suite takes all. */
const fewSizes: ReadonlySet<number> = new Set([1, 3, 8, 17]);

test.each(names)("%s: value and derivatives are the interpreter's at every size", (name) => {
  for (const n of sizesOf(operations[name])) expectInterpreter(operations[name], n, fewSizes.has(n) ? [...ways, ...moreWays] : ways);
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
