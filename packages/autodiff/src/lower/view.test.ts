import fc from "fast-check";
import { expect, test } from "vitest";
import { broadcastAxes, forEachIndex, reshape } from "../broadcast.ts";
import { compileProgram } from "../compile.ts";
import { sliceBlock, transpose } from "../shape-ops.ts";
import { input, type Tensor } from "../tensor.ts";
import { trace } from "../trace.ts";
import { viewOf, type View } from "./view.ts";

const views = new Map<Tensor, View>();
const view = (x: Tensor): View => {
  if (!views.has(x)) views.set(x, viewOf(x, view));
  return views.get(x)!;
};

/** The entries of a view on 0, 1, 2, ... */
function entries(x: Tensor): number[] {
  const { offset, strides } = view(x);
  const found: number[] = [];
  forEachIndex(x.shape, (_, index) => found.push(strides.reduce((at, s, d) => at + s * index[d], offset)));
  return found;
}

/** A window on a `[4, 3, 6]` array with its axes exchanged, perhaps repeated. */
const window = (order: number[], from: number[], sizes: number[], repeats: number) => (x: Tensor): Tensor => {
  const part = transpose(sliceBlock(x, from, sizes), order);
  return repeats > 1 ? broadcastAxes(part, [repeats, ...part.shape], [1, 2, 3]) : part;
};

/** All ways to write `n` as a product of at least two factors in order, ones included. */
const factorings = (n: number): number[][] => Array.from({ length: n }, (_, i) => i + 1).filter((k) => n % k === 0).flatMap((k) => [[k, n / k], ...(k > 1 && k < n ? factorings(n / k).map((rest) => [k, ...rest]) : [])]);

test("a reshaped window is a view of the same entries, or a copy", () => {
  let seen = 0;
  fc.assert(fc.property(fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), fc.tuple(fc.nat(3), fc.nat(2), fc.nat(5)), fc.infiniteStream(fc.nat(1000)), fc.integer({ min: 1, max: 2 }), (order, from, numbers, repeats) => {
    const [next] = [() => numbers.next().value as number];
    const sizes = [4, 3, 6].map((s, d) => 1 + (next() % (s - from[d])));
    const make = window(order, from, sizes, repeats);
    const x = input("x", [4, 3, 6]);
    const part = make(x);
    const shapes = factorings(part.size);
    const shape = shapes[next() % shapes.length];
    const y = reshape(part, shape);
    if (view(y).base === x) {
      seen++;
      expect(entries(y)).toEqual(entries(part));
    }
    const out = new Float64Array(part.size);
    for (const backend of ["js", "wasm"] as const) {
      compileProgram(trace((z) => [reshape(make(z), shape)], [[4, 3, 6]]), { backend })([Float64Array.from({ length: 72 }, (_, i) => i)], [out]);
      expect([...out]).toEqual(entries(part));
    }
  }), { numRuns: 150, seed: 3 });
  expect(seen).toBeGreaterThan(50);
});

test("splitting an axis of a window takes no copy, joining axes across a gap does", () => {
  const x = input("x", [5, 8]);
  const part = sliceBlock(x, [0, 2], [5, 6]);
  /** Without comparing nodes entry by entry, which are new each time. */
  const seen = (node: Tensor): unknown => (({ base, offset, strides }) => ({ isWindow: base === x, offset, strides }))(view(node));
  expect(seen(reshape(part, [5, 2, 3]))).toEqual({ isWindow: true, offset: 2, strides: [8, 3, 1] });
  expect(seen(reshape(part, [5, 1, 6]))).toMatchObject({ isWindow: true, strides: [8, 0, 1] });
  expect(seen(reshape(part, [30]))).toMatchObject({ isWindow: false });
  expect(seen(reshape(part, [10, 3]))).toMatchObject({ isWindow: false });
  expect(seen(reshape(sliceBlock(x, [1, 0], [3, 8]), [2, 12]))).toEqual({ isWindow: true, offset: 8, strides: [12, 1] });
});
