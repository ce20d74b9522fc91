import { mul, sin, sqrt, tracedField } from "@fluxion/autodiff";
import { lagrangianNN } from "@fluxion/lnn";
import { huber, meanSquaredError, mlp, type DynamicsModel } from "@fluxion/nn-core";
import type { VectorField } from "@fluxion/ode-core";
import { expect, test } from "vitest";
import { derivativeLoss, type DerivativeSample } from "./derivative-loss.ts";

const model = lagrangianNN({ coordinates: 2, angles: [0], network: mlp({ hidden: [5] }) });
const p = model.init(3);
const wave = (k: number, shift: number): Float64Array => Float64Array.from({ length: 4 }, (_, i) => Math.sin(1.3 * k + 2.1 * i + shift));
const samples: readonly DerivativeSample[] = Array.from({ length: 19 }, (_, k) => ({ u: wave(k, 0), du: wave(k, 1), ...(k % 3 === 0 ? { t: 0.5 } : {}) }));
const common = { model, samples, loss: meanSquaredError() };

test("is the mean penalty over samples and entries", () => {
  const bound = model.bind(p);
  const out = new Float64Array(4);
  let sum = 0;
  for (const { t = 0, u, du } of samples) {
    bound.rhs(t, u, out);
    out.forEach((x, i) => (sum += (x - du[i]) ** 2));
  }
  const { loss, message, rhsEvaluations } = derivativeLoss(common)(p);
  expect(loss).toBeCloseTo(sum / (19 * 4), 13);
  expect([message, rhsEvaluations]).toEqual(["", 19]);
});

const { batch: _batch, ...unbatched } = model;
const untaped: DynamicsModel = {
  ...unbatched,
  bind: (q) => {
    const { rhs, vjp } = model.bind(q);
    return { rhs, vjp: vjp! };
  },
};

/** Tapes without room, or with room again on every second evaluation; those of batches, too. */
const full = (every: number): DynamicsModel => {
  let pushes = 0;
  const taped = (field: VectorField): Pick<VectorField, "bind"> => ({
    bind: (q) => {
      const bound = field.bind(q);
      return {
        ...bound,
        tape: () => {
          const tape = bound.tape!();
          return { open: true, push: (...args) => (++pushes % every === 0 ? tape.push(...args) : -1), vjp: (...args) => tape.vjp(...args), rewind: () => tape.rewind(), clearGradient: () => tape.clearGradient(), addGradient: (out) => tape.addGradient(out) };
        },
      };
    },
  });
  const batches = new Map<number, VectorField>();
  const batch = (count: number): VectorField => {
    if (!batches.has(count)) batches.set(count, { ...model.batch!(count), ...taped(model.batch!(count)) });
    return batches.get(count)!;
  };
  return { ...model, ...taped(model), batch };
};

test.each([
  ["a compiled model", model],
  ["a model whose tape is full", full(Infinity)],
  ["a model whose tape is full now and then", full(2)],
  ["a model without tapes and batches", untaped],
  ["a model without batches", unbatched],
] as const)("%s: the gradient is that of differences, whatever was evaluated before", (_name, field) => {
  const evaluate = derivativeLoss({ ...common, model: field, loss: huber({ delta: 0.8 }) });
  evaluate(p.map((x) => x + 0.2));
  const gradient = evaluate(p).gradient.slice();
  const at = (i: number, h: number): number => evaluate(p.with(i, p[i] + h)).loss;
  const expected = p.map((_, i) => (8 * (at(i, 1e-3) - at(i, -1e-3)) - (at(i, 2e-3) - at(i, -2e-3))) / 12e-3);
  const scale = Math.hypot(...expected);
  expect(scale).toBeGreaterThan(0.01);
  expect(Math.hypot(...gradient.map((x, i) => x - expected[i])) / scale).toBeLessThan(1e-8);
});

test.each(["wasm", "js"] as const)("a state whose record is larger than what tapes take at once, %s", (backend) => {
  const dim = 300_000;
  const field = tracedField((_t, u, p1) => mul(p1, sin(sin(u))), { dim, paramCount: 1, backend });
  const u = Float64Array.from({ length: dim }, (_, i) => Math.sin(i));
  const mean = u.reduce((sum, x) => sum + Math.sin(Math.sin(x)) ** 2, 0) / dim;
  const { loss, gradient } = derivativeLoss({ model: field, samples: [{ u, du: new Float64Array(dim) }], loss: meanSquaredError() })(Float64Array.of(2));
  expect(loss / (4 * mean)).toBeCloseTo(1, 12);
  expect(gradient[0] / (4 * mean)).toBeCloseTo(1, 12);
});

test("a right-hand side that is not finite is an infinite loss with a zero gradient and a reason", () => {
  const { loss, gradient, message } = derivativeLoss(common)(p.with(0, NaN));
  expect(loss).toBe(Infinity);
  expect(gradient.every((x) => x === 0)).toBe(true);
  expect(message).toContain("not finite");
});

test("so is one without a finite slope", () => {
  const root = tracedField((_t, u, p1) => sqrt(mul(p1, u)), { dim: 1, paramCount: 1 });
  const { loss, gradient, message } = derivativeLoss({ model: root, samples: [{ u: Float64Array.of(0), du: Float64Array.of(1) }], loss: meanSquaredError() })(Float64Array.of(2));
  expect([loss, ...gradient]).toEqual([Infinity, 0]);
  expect(message).toContain("no finite slope");
});

test("data that does not fit the model is refused", () => {
  for (const [name, sample] of [["u", { u: wave(0, 0).with(1, NaN), du: wave(0, 0) }], ["du", { u: wave(0, 0), du: wave(0, 0).with(1, Infinity) }]] as const) {
    expect(() => derivativeLoss({ ...common, samples: [samples[0], sample] })).toThrow(expect.objectContaining({ code: "NON_FINITE", message: expect.stringContaining(`${name} of sample 1`) as string }));
  }
  expect(() => derivativeLoss({ ...common, samples: [] })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  expect(() => derivativeLoss({ ...common, samples: [{ u: wave(0, 0), du: new Float64Array(2) }] })).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
  expect(() => derivativeLoss({ ...common, model: { ...model, provides: new Set(["jvp"]) } })).toThrow(expect.objectContaining({ code: "MISSING_CAPABILITY" }));
});

test.each([["a traced model", model], ["a field that does not look at its parameters' number", { ...model, bind: () => model.bind(p) }]])("parameters of another length are refused, whatever was evaluated before: %s", (_name, field) => {
  const evaluate = derivativeLoss({ ...common, model: field });
  const before = evaluate(p).loss;
  for (const wrong of [p.slice(1), new Float64Array(p.length + 1), new Float64Array(0)]) expect(() => evaluate(wrong)).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
  expect(evaluate(p).loss).toBe(before);
});

test.each([["intervals", 3, /got "intervals"/], ["loss", meanSquaredError, /meanSquaredError perhaps needs parentheses/], ["loss", undefined, /loss" must be a loss/], ["model", undefined, /model" must be a vector field/]])("a wrong option is refused: %s", (name, value, message) => {
  expect(() => derivativeLoss({ ...common, [name]: value } as never)).toThrow(expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringMatching(message) as string }));
});
