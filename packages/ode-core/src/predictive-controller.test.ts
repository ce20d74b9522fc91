import { expect, test } from "vitest";
import { predictiveController } from "./predictive-controller.ts";

test("the first kept step gives the factor of its error alone, within limits", () => {
  expect(predictiveController(4).accept(0.5)).toBeCloseTo(0.9 * 0.5 ** -0.25, 14);
  expect(predictiveController(4).accept(1e-12)).toBe(6);
  expect(predictiveController(4).reject(16)).toBeCloseTo(0.45, 14);
  expect(predictiveController(4).reject(1e12)).toBe(0.2);
  expect(predictiveController(4).reject(NaN)).toBe(0.1);
});

test("later steps continue the trend of error and length where that asks for less", () => {
  const controller = predictiveController(4);
  const first = controller.accept(0.1);
  // The step grew by `first` and its error from 0.1 to 0.4.
  expect(controller.accept(0.4)).toBeCloseTo(0.9 * Math.min(0.4 ** -0.25, first * (0.1 / 0.4 ** 2) ** 0.25), 14);
  // A falling error asks for no more than the error alone.
  expect(controller.accept(0.05)).toBeLessThanOrEqual(0.9 * 0.05 ** -0.25 + 1e-14);
});

test("no growth right after a rejected step, and the trend counts from the last kept one", () => {
  const controller = predictiveController(2);
  const grown = controller.accept(0.25);
  const cut = controller.reject(4);
  expect(cut).toBeCloseTo(0.45, 14);
  expect(controller.accept(0.5)).toBeCloseTo(Math.min(1, 0.9 * grown * cut * (0.25 / 0.5 ** 2) ** 0.5, 0.9 * 0.5 ** -0.5), 14);
  expect(controller.accept(1e-6)).toBeGreaterThan(1);
});

test("a step whose equations could not be solved counts as rejected, by the factor reported", () => {
  const controller = predictiveController(2);
  const grown = controller.accept(0.25);
  expect(controller.fail?.()).toBe(0.25);
  expect(controller.accept(0.5)).toBeCloseTo(Math.min(1, 0.9 * grown * 0.25 * (0.25 / 0.5 ** 2) ** 0.5), 14);
});

test("a stepper's report makes steps more cautious and keeps them where growing is not worth it", () => {
  const report = { caution: 0.8, steady: 1, retry: 0.4 };
  const controller = predictiveController(4, 8, report);
  expect(controller.accept(0.5)).toBeCloseTo(0.72 * 0.5 ** -0.25, 14);
  expect(controller.fail?.()).toBe(0.4);
  const steady = predictiveController(4, 8, { caution: 1, steady: 1.2, retry: 0.5 });
  expect(steady.accept(0.4)).toBe(1);
  expect(steady.accept(1e-12)).toBe(8);
});
