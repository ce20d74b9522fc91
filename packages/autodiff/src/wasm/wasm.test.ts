import { describe, expect, test } from "vitest";
import { compile, cos, erf, exp, expm1, log, log1p, sigmoid, sin, softplus, tan, tanh, type Tensor } from "../index.ts";
import { canUseWasm } from "./capabilities.ts";

/** The function of many numbers at once, and of each alone. */
function run(f: (x: Tensor) => Tensor, values: readonly number[], backend: "wasm" | "interpreter"): Float64Array {
  const out = new Float64Array(values.length);
  compile(f, [[values.length]], { backend })([Float64Array.from(values)], [out]);
  return out;
}

/** Distance in units of the last place of the reference. */
function ulps(got: number, want: number): number {
  if (Object.is(got, want)) return 0;
  if (!Number.isFinite(want) || !Number.isFinite(got)) return Infinity;
  const unit = Math.max(2 ** (Math.floor(Math.log2(Math.abs(want))) - 52), Number.MIN_VALUE);
  return Math.abs(got - want) / unit;
}

/** Evenly spaced over several scales, so that every range reduction occurs. */
const spread = [1e-8, 1e-3, 1, 30, 740, 99_999, 2e5, 1e300].flatMap((scale) => Array.from({ length: 401 }, (_, i) => scale * (i / 200 - 1)));

// The references are the host's functions, themselves good to about 1 ulp; softplus and sigmoid are compositions of them.
describe.each([
  ["exp", exp, 2],
  ["tanh", tanh, 4],
  ["sigmoid", sigmoid, 4],
  ["softplus", softplus, 4],
  ["expm1", expm1, 2],
  ["log", log, 2],
  ["log1p", log1p, 2],
  ["sin", sin, 2],
  ["cos", cos, 2],
  ["tan", tan, 3],
  ["erf", erf, 2],
] as const)("vector code of %s", (_name, f, limit) => {
  test(`is within ${limit} ulp of the scalar function everywhere`, () => {
    const want = run(f, spread, "interpreter");
    run(f, spread, "wasm").forEach((got, i) => expect(ulps(got, want[i]), `at ${spread[i]}`).toBeLessThanOrEqual(limit));
  });

  test("gives a number the same bits in either lane and alone", () => {
    const together = run(f, spread, "wasm");
    const shifted = run(f, [0.5, ...spread], "wasm").slice(1);
    expect(shifted).toEqual(together);
    for (let i = 0; i < spread.length; i += 97) expect(run(f, [spread[i]], "wasm")[0]).toBe(together[i]);
  });
});

describe.each([
  ["exp", exp, 2],
  ["tanh", tanh, 4],
  ["sigmoid", sigmoid, 4],
  ["softplus", softplus, 4],
  ["expm1", expm1, 2],
  ["log", log, 2],
  ["log1p", log1p, 2],
  ["erf", erf, 2],
  ["sin", sin, 2],
  ["cos", cos, 2],
  ["tan", tan, 3],
] as const)("vector code of %s in float32", (_name, f, limit) => {
  const single = (values: readonly number[]): Float64Array => {
    const out = new Float64Array(values.length);
    compile(f, [[values.length]], { backend: "wasm", dtype: "f32" })([Float64Array.from(values)], [out]);
    return out;
  };
  const inputs = [...[1e-8, 1e-3, 1, 30, 103, 4100].flatMap((scale) => Array.from({ length: 401 }, (_, i) => scale * (i / 200 - 1))), 0, -0, Infinity, -Infinity, NaN, 1e-40, -1e-45, 88.72, 88.73, -87.3, -103.9, -104, 1e30, -1e30].map(Math.fround);

  test(`is within ${limit} ulp of the function in float64, limits included`, () => {
    const want = run(f, inputs, "interpreter").map(Math.fround);
    single(inputs).forEach((got, i) => {
      if (Number.isNaN(want[i])) return expect(got).toBeNaN();
      const unit = Math.max(2 ** (Math.floor(Math.log2(Math.abs(want[i]))) - 23), 2 ** -149);
      const distance = Object.is(got, want[i]) || got === want[i] ? 0 : Math.abs(got - want[i]) / unit;
      return expect(distance, `at ${inputs[i]}: ${got} for ${want[i]}`).toBeLessThanOrEqual(limit);
    });
  });

  test("gives a number the same bits in any lane and alone", () => {
    const together = single(inputs);
    for (const shift of [1, 2, 3]) expect(single([...new Array<number>(shift).fill(0.5), ...inputs]).slice(shift)).toEqual(together);
    for (let i = 0; i < inputs.length; i += 97) expect(single([inputs[i]])[0]).toEqual(together[i]);
  });
});

test("Node has what the backend needs", () => {
  expect(canUseWasm()).toBe(true);
});
