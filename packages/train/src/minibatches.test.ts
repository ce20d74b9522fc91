import { lagrangianNN } from "@fluxion/lnn";
import { cosine, meanSquaredError, mlp } from "@fluxion/nn-core";
import { vectorField } from "@fluxion/ode-core";
import { expect, test } from "vitest";
import { derivativeLoss } from "./derivative-loss.ts";
import { fit } from "./fit.ts";
import { minibatches } from "./minibatches.ts";
import { sumOfLosses } from "./sum-of-losses.ts";

/** Which losses steps from `first` on take. */
function taken(count: number, steps: number, seed?: number, first = 0): number[] {
  const seen: number[] = [];
  const evaluate = minibatches(Array.from({ length: count }, (_, k) => () => (seen.push(k), { loss: 0, gradient: [] })), seed === undefined ? {} : { seed });
  for (let step = first; step < first + steps; step++) evaluate(new Float64Array(0), Infinity, step);
  return seen;
}

test("each loss has its turn once in every round, in orders that differ by round and seed and by nothing else", () => {
  const orders = [0, 1, 2, 3].flatMap((seed) => {
    const all = taken(9, 36, seed);
    return [0, 9, 18, 27].map((at) => all.slice(at, at + 9));
  });
  for (const order of orders) expect(order.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(new Set(orders.slice(0, 4).map(String)).size).toBe(4);
  expect(taken(9, 36, 1)).toEqual(taken(9, 36));
  expect(taken(9, 20, 1, 16)).toEqual(taken(9, 36, 1).slice(16));
  expect(taken(1, 3)).toEqual([0, 0, 0]);
  // All orders of three are drawn about as often.
  const counts = new Map<string, number>();
  const many = taken(3, 3 * 6000, 5);
  for (let at = 0; at < many.length; at += 3) counts.set(String(many.slice(at, at + 3)), (counts.get(String(many.slice(at, at + 3))) ?? 0) + 1);
  expect(counts.size).toBe(6);
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(120);
});

const truth = [0.7, -1.3, 2.1];
const field = vectorField(() => {}, { dim: 1, paramCount: 3 });
/** Squares of residuals at points of a parabola through which the truth goes. */
const parts = [[-1, 0.3], [0.8, 1.1], [-0.4, 1.7]].map((points) => (p: Float64Array) => {
  const gradient = [0, 0, 0];
  let loss = 0;
  for (const x of points) {
    const r = p.reduce((sum, a, k) => sum + (a - truth[k]) * x ** k, 0);
    loss += r * r;
    gradient.forEach((_, k) => void (gradient[k] += 2 * r * x ** k));
  }
  return { loss, gradient };
});

test("fit takes them in turn to the minimum of all, and resumed, as if it had not stopped", async () => {
  const options = { model: field, evaluate: minibatches(parts, { seed: 4 }), stages: [{ steps: 600, schedule: cosine({ peak: 0.1 }) }, { steps: 400, schedule: cosine({ peak: 0.02 }) }] };
  const { state } = await fit({ ...options, start: [0, 0, 0] });
  truth.forEach((x, i) => expect(state.p[i]).toBeCloseTo(x, 4));
  const stop = new AbortController();
  const { state: middle } = await fit({ ...options, start: [0, 0, 0], signal: stop.signal, onProgress: ({ step }) => void (step === 331 && stop.abort()) });
  expect(middle.step).toBe(331);
  const resumed = await fit({ ...options, evaluate: minibatches(parts, { seed: 4 }), resume: middle });
  expect([...resumed.state.p]).toEqual([...state.p]);
  expect(resumed.state.losses).toEqual(state.losses);
});

test("parts of samples and sums take their turns", async () => {
  const model = lagrangianNN({ coordinates: 1, network: mlp({ hidden: [6] }) });
  const samples = Array.from({ length: 24 }, (_, k) => ({ u: Float64Array.of(Math.sin(k), Math.cos(2 * k)), du: Float64Array.of(Math.cos(2 * k), -Math.sin(k)) }));
  const loss = meanSquaredError();
  const lossOf = (part: typeof samples): ReturnType<typeof derivativeLoss> => derivativeLoss({ model, samples: part, loss });
  const inParts = minibatches([0, 8, 16].map((at) => lossOf(samples.slice(at, at + 8))));
  const p = model.init(1);
  const whole = lossOf(samples)(p);
  expect([0, 1, 2].reduce((sum, step) => sum + inParts(p, Infinity, step).loss, 0) / 3).toBeCloseTo(whole.loss, 13);
  const { state } = await fit({ model, start: p, evaluate: sumOfLosses([{ evaluate: inParts, weight: 0.5 }]), stages: [{ steps: 300, schedule: cosine({ peak: 0.02 }) }] });
  expect(lossOf(samples)(state.p).loss).toBeLessThan(0.05 * whole.loss);
});

test("wrong use is named", () => {
  expect(() => minibatches([])).toThrow("a list of at least one function");
  expect(() => minibatches(parts, { seed: 0.5 })).toThrow("the seed must be a whole number from 0 to 4294967295: current value is 0.5");
  expect(() => (minibatches(parts) as (p: Float64Array) => unknown)(new Float64Array(3))).toThrow("the number of the step must be known, which fit tells");
});
