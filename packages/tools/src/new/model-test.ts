import { camelCase } from "./names.ts";

/** The text of a new model's test: one known value, and the two derivative kernels against each other. */
export const modelTest = (name: string): string => `import { expect, test } from "vitest";
import { ${camelCase(name)} } from "./${name}.ts";

const p = Float64Array.of(4, 0.5);
const u = Float64Array.of(0.3, -0.2);

test("the right-hand side follows the equations", () => {
  const out = new Float64Array(2);
  ${camelCase(name)}().bind(p).rhs(0, u, out);
  expect(out[0]).toBeCloseTo(-0.2, 14);
  expect(out[1]).toBeCloseTo(-4 * 0.3 + 0.5 * 0.2, 14);
});

test("forward and reverse derivatives agree: w . (J d) = (J' w) . d", () => {
  const field = ${camelCase(name)}().bind(p);
  const [w, du, dp] = [Float64Array.of(0.7, -1.1), Float64Array.of(0.2, 0.9), Float64Array.of(-0.4, 0.6)];
  const [forward, outU, outP] = [new Float64Array(2), new Float64Array(2), new Float64Array(2)];
  field.jvp?.(0, u, du, dp, forward);
  field.vjp?.(0, u, w, outU, outP);
  const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * b[i], 0);
  expect(dot(w, forward)).not.toBe(0);
  expect(dot(w, forward)).toBeCloseTo(dot(outU, du) + dot(outP, dp), 13);
});
`;
