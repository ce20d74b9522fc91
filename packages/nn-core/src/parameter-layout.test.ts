import { evaluate, matmul, mul, sum, tensor } from "@fluxion/autodiff";
import { expect, test } from "vitest";
import { parameterLayout } from "./parameter-layout.ts";

const layout = parameterLayout({ net: { 0: { weight: [2, 3], bias: [2] }, 1: { weight: [1, 2] } }, friction: [] });

test("arrays lie one after another under their paths", () => {
  expect(layout.size).toBe(11);
  expect(layout.entries).toEqual([
    { path: "net.0.weight", shape: [2, 3], offset: 0, size: 6 },
    { path: "net.0.bias", shape: [2], offset: 6, size: 2 },
    { path: "net.1.weight", shape: [1, 2], offset: 8, size: 2 },
    { path: "friction", shape: [], offset: 10, size: 1 },
  ]);
});

test("views are windows: what is written to one is written to the vector", () => {
  const p = Float64Array.from({ length: 11 }, (_, i) => i);
  const { net, friction } = layout.views(p);
  expect(net[0].weight).toEqual({ shape: [2, 3], data: Float64Array.of(0, 1, 2, 3, 4, 5) });
  expect(net[1].weight.data).toEqual(Float64Array.of(8, 9));
  net[0].bias.data[1] = -1;
  friction.data[0] = 42;
  expect([p[7], p[10]]).toEqual([-1, 42]);
});

test("the traced tree has the same places and shapes", () => {
  const p = Float64Array.from({ length: 11 }, (_, i) => i + 1);
  const value = evaluate((flat) => {
    const { net, friction } = layout.unflatten(flat);
    expect([net[0].weight.shape, net[0].bias.shape, net[1].weight.shape, friction.shape]).toEqual([[2, 3], [2], [1, 2], []]);
    return mul(friction, sum(matmul(net[1].weight, matmul(net[0].weight, tensor([1, 10, 100])))));
  }, [p]);
  // W0 (1, 10, 100) = (321, 654), W1 = (9, 10), friction = 11.
  expect(value[0]).toBe(11 * (9 * 321 + 10 * 654));
});

test("a vector of another length is refused", () => {
  expect(() => layout.views(new Float64Array(10))).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH", message: expect.stringContaining("must be 11: current length is 10") as string }));
});

test("no parameters are a layout too", () => {
  const empty = parameterLayout({});
  expect([empty.size, empty.entries, empty.views(new Float64Array(0))]).toEqual([0, [], {}]);
});

test("a name with a dot is refused: its path could be that of another array", () => {
  expect(() => parameterLayout({ "a.b": [1], a: { b: [1] } })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining('"a.b"') as string }));
});
