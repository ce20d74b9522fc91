import { expect, test } from "vitest";
import { orderController, type OrderController } from "./order-controller.ts";

/** A controller of a method with orders 1 to 5 whose scaled errors by order are given. */
function controlled(errors: Record<number, number>, order: number): { controller: OrderController; used: number[]; step: (error: number) => number } {
  const used: number[] = [];
  const controller = orderController({
    order: () => used.at(-1) ?? order,
    estimate: (k) => errors[k] ?? NaN,
    use: (k) => void used.push(k),
  }, 5, 1.5);
  return { controller, used, step: (error) => controller.accept(error) };
}

test("at the start each step may raise the order, to the one that allows the longest step", () => {
  const { used, step } = controlled({ 1: 1e-4, 2: 1e-6, 3: 1e-8, 4: 1e-6, 5: 1e-6 }, 1);
  expect(step(1e-4)).toBe(10);
  step(1e-6);
  expect(used).toEqual([2, 3]);
  // Order 4 allows less: from here on a change must wait.
  step(1e-8);
  expect(used).toEqual([2, 3]);
});

test("a gain below the one that is worthwhile changes nothing, and factors have their limits", () => {
  const same = (error: number): number => (6 * error) ** (-1 / 3);
  const { used, step, controller } = controlled({ 1: 1, 3: 1 }, 2);
  expect(step(1.49 ** -3 / 6)).toBe(1);
  expect(step(1.49 ** 3 / 6)).toBe(1);
  expect(step(1e-3)).toBeCloseTo(same(1e-3), 12);
  expect(step(1)).toBeCloseTo(same(1), 12);
  expect(step(0)).toBe(10);
  expect(controller.reject(1e9)).toBe(0.1);
  expect(used).toEqual([]);
});

test("after a rejected step none grows; more rejections cut deeper and lose an order each", () => {
  const { used, step, controller } = controlled({ 3: 1e-9, 5: 1e-9 }, 4);
  expect(controller.reject(1.01)).toBeCloseTo((6 * 1.01) ** -0.2, 12);
  expect(controller.reject(1.01)).toBe(0.25);
  expect(used).toEqual([]);
  expect(controller.reject(1.01)).toBe(0.25);
  expect(controller.reject(NaN)).toBe(0.1);
  expect(used).toEqual([3]);
  expect(step(1e-9)).toBe(1);
  expect(step(1e-9)).toBe(10);
  expect(controller.fail!()).toBe(0.25);
  expect(step(1e-9)).toBe(1);
});

test("where every growth is rejected, the neighbours are looked at all the same", () => {
  const { used, step, controller } = controlled({ 1: 1e-2, 2: 1e-5 }, 1);
  const growth = (): number => {
    controller.reject(2);
    expect(step(1e-2)).toBe(1);
    return step(1e-2);
  };
  expect([growth(), used.length]).toEqual([expect.closeTo(0.06 ** -0.5), 0]);
  expect([growth(), used]).toEqual([10, [2]]);
});

test("a lower order that is no less accurate is taken although its steps are no longer", () => {
  const { used, step } = controlled({ 3: 0.9, 5: 1 }, 4);
  expect(step(0.95)).toBeLessThan(1);
  expect(used).toEqual([3]);
});

test("reset forgets failures, and that the start is over", () => {
  const { used, controller, step } = controlled({ 1: 1e-3, 2: 1e-6, 3: 1e-9 }, 1);
  controller.reject(2);
  step(1e-3);
  controller.reset();
  expect(step(1e-3)).toBe(10);
  expect(used).toEqual([2]);
});
