import * as autodiff from "@fluxion/autodiff";
import { add, compile, compileProgram, concat, dot, jvp, reshape, sin, tensor, trace, vjp, vmap, type Shape, type Tensor } from "@fluxion/autodiff";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compileSplit } from "../packages/autodiff/src/compile.ts";
import { randomProgram, type RandomProgram } from "./fixtures/random-programs.ts";
import { notOperations } from "./fixtures/traced-operations.ts";

const sizeOf = (shape: Shape): number => shape.reduce((n, s) => n * s, 1);
const data = (shape: Shape, k: number): Float64Array => Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(3.1 * i + 1.3 * k + 0.2));

function expectAgreement(found: Float64Array, expected: Float64Array, tolerance: number): void {
  expect(found.length).toBe(expected.length);
  found.forEach((x, k) => {
    if (!(Math.abs(x - expected[k]) <= tolerance * Math.max(1, Math.abs(expected[k])))) expect.fail(`entry ${k} is ${x} and should be ${expected[k]}`);
  });
}

/** The same function, which tells the sizes of its outputs once it was traced. */
function sized(f: RandomProgram["f"]): { readonly traced: RandomProgram["f"]; readonly sizes: readonly number[] } {
  const sizes: number[] = [];
  return {
    sizes,
    traced: (...x) => {
      const outputs = f(...x);
      sizes.splice(0, sizes.length, ...outputs.map((y) => y.size));
      return outputs;
    },
  };
}

const numbers = fc.array(fc.nat(5039), { minLength: 40, maxLength: 300 });

/** No operations, or parts of others that are drawn. */
const notDrawn = [...notOperations, "asTensor", "constant", "identity", "outer", "tensor"];

test("random programs draw every operation", () => {
  const counts = new Map(Object.keys(autodiff).filter((name) => !notDrawn.includes(name)).map((name) => [name, 0]));
  fc.assert(fc.property(numbers, fc.integer({ min: 1, max: 60 }), (list, length) => {
    const { inputShapes, f } = randomProgram(list, length, (name) => counts.set(name, (counts.get(name) ?? 0) + 1));
    trace(f, inputShapes);
  }), { numRuns: 150, seed: 11 });
  expect([...counts].filter(([, count]) => count < 10)).toEqual([]);
});

test.each(["js", "wasm"] as const)("random programs: %s agrees with the interpreter, call after call", (backend) => {
  fc.assert(fc.property(numbers, fc.integer({ min: 1, max: 60 }), (list, length) => {
    const { inputShapes, accumulate, f } = randomProgram(list, length);
    const { traced, sizes } = sized(f);
    const slow = compile(traced, inputShapes, { backend: "interpreter", accumulate });
    const fast = compile(traced, inputShapes, { backend, accumulate });
    for (let call = 0; call < 2; call++) {
      const inputs = inputShapes.map((shape, k) => data(shape, k + 10 * call));
      const before = inputs.map((x) => x.slice());
      const outputs = [0, 1].map(() => sizes.map((n, k) => data([n], k + 5)));
      slow(inputs, outputs[0]);
      fast(inputs, outputs[1]);
      outputs[1].forEach((y, k) => expectAgreement(y, outputs[0][k], 1e-12));
      expect(inputs).toEqual(before);
    }
  }), { numRuns: 100, seed: 11 });
});

test.each(["interpreter", "js", "wasm"] as const)("random programs: %s in float32 agrees with float64 to single precision", (backend) => {
  fc.assert(fc.property(numbers, fc.integer({ min: 1, max: 25 }), (list, length) => {
    const { inputShapes, accumulate, f } = randomProgram(list, length);
    const { traced, sizes } = sized(f);
    const double = compile(traced, inputShapes, { backend: "interpreter", accumulate });
    const single = compile(traced, inputShapes, { backend, accumulate, dtype: "f32" });
    const inputs = inputShapes.map((shape, k) => Float64Array.from(data(shape, k), Math.fround));
    const outputs = [0, 1].map(() => sizes.map((n, k) => data([n], k + 5)));
    double(inputs, outputs[0]);
    single(inputs, outputs[1]);
    outputs[1].forEach((y, k) => expectAgreement(y, outputs[0][k], 1e-4));
  }), { numRuns: 100, seed: 13 });
});

test.each([["interpreter", "f64", 1e-12], ["js", "f64", 1e-12], ["wasm", "f64", 1e-12], ["wasm", "f32", 1e-4]] as const)("random programs in two parts: %s, %s: agree with the whole, record by record", (backend, dtype, tolerance) => {
  fc.assert(fc.property(numbers, fc.integer({ min: 1, max: 25 }), (list, length) => {
    const { inputShapes, f } = randomProgram(list, length);
    const early = (...x: Tensor[]): Tensor => sin(f(...x.slice(0, -1))[0]);
    const program = trace((...x) => [early(...x), ...f(...x)], inputShapes);
    const whole = compileProgram(program, { backend: "interpreter" });
    const { first, second, reserve } = compileSplit(program, { late: 1, shared: [0], early: 1, backend, dtype });
    expect(reserve(3)).toBe(true);
    const inputs = (record: number): Float64Array[] => inputShapes.map((shape, k) => Float64Array.from(data(shape, k === 0 ? 0 : k + 7 * record), dtype === "f32" ? Math.fround : (v) => v));
    const expected = [0, 1, 2].map((record) => {
      const outputs = program.outputs.map((y) => new Float64Array(y.size));
      whole(inputs(record), outputs);
      return outputs;
    });
    for (const record of [0, 1, 2]) {
      inputs(record).slice(0, -1).forEach((x, k) => first.inputs[k].set(x));
      first.run(record);
      expectAgreement(Float64Array.from(first.outputs[0]), expected[record][0], tolerance);
    }
    for (const record of [1, 2, 0, 1]) {
      second.inputs[1].set(inputs(record).at(-1)!);
      second.run(record);
      second.outputs.forEach((y, k) => expectAgreement(Float64Array.from(y), expected[record][k + 1], tolerance));
    }
  }), { numRuns: 70, seed: 14 });
});

// Fused products of which two are added as matrices are merged in one program and not in the other: bits are equal without.
test.each([["js", "f64"], ["wasm", "f64"], ["wasm", "f32"]] as const)("random programs: %s, %s: a batch has the bits of its entries alone, but for signs of zero", (backend, dtype) => {
  const options = { backend, dtype, relaxedSimd: false } as const;
  fc.assert(fc.property(numbers, fc.integer({ min: 1, max: 25 }), (list, length) => {
    const { inputShapes, f } = randomProgram(list, length);
    const [mapped, ...others] = inputShapes;
    const flat = (...x: Tensor[]): Tensor => concat(f(...x).map((y) => reshape(y, [y.size])));
    const { traced, sizes } = sized((...x) => [flat(...x)]);
    const alone = compile(traced, inputShapes, options);
    const together = compile((x, ...rest) => vmap((one) => flat(one, ...rest))(x), [[3, ...mapped], ...others], options);
    const args = [[3, ...mapped], ...others].map(data);
    const [size] = sizes;
    const all = new Float64Array(3 * size);
    together(args, [all]);
    for (let k = 0; k < 3; k++) {
      const own = new Float64Array(size);
      alone([args[0].subarray((k * args[0].length) / 3, ((k + 1) * args[0].length) / 3), ...args.slice(1)], [own]);
      own.forEach((x, i) => x === all[k * size + i] || expect.fail(`entry ${i} of ${k} is ${all[k * size + i]} and alone ${x}`));
    }
  }), { numRuns: 100, seed: 15 });
});

test.each(["js", "wasm"] as const)("random programs: forward and reverse mode are transposes, %s, alone and mapped", (backend) => {
  fc.assert(fc.property(numbers, fc.integer({ min: 1, max: 20 }), (list, length) => {
    const { inputShapes, f } = randomProgram(list, length);
    const g = (...x: Tensor[]): Tensor => {
      const outputs = f(...x);
      return concat(outputs.map((y) => reshape(y, [y.size])));
    };
    const weights = (y: Tensor): Tensor => tensor(data(y.shape, 3));
    // [<w, J v>, <J' w, v>, value...], of one argument list or of a batch
    const products = (...xv: Tensor[]): Tensor => {
      const [x, v] = [xv.slice(0, inputShapes.length), xv.slice(inputShapes.length)];
      const [y, pull] = vjp(g, ...x);
      const [, dy] = jvp(g, x, v);
      const pulled = pull(weights(y)).map((b, i) => reshape(dot(b, v[i]), [1])).reduce((s, b) => add(s, b));
      return concat([reshape(dot(weights(y), dy), [1]), pulled, y]);
    };
    const all = [...inputShapes, ...inputShapes];
    const evaluated = (on: "interpreter" | "js" | "wasm", h: (...x: Tensor[]) => Tensor, inputs: readonly Float64Array[], leading: Shape): Float64Array => {
      let n = 0;
      const kernel = compile((...x) => {
        const y = h(...x);
        n = y.size;
        return y;
      }, all.map((shape) => [...leading, ...shape]), { backend: on });
      const out = new Float64Array(n);
      kernel(inputs, [out]);
      return out;
    };
    const args = all.map((shape, k) => data([2, ...shape], k));
    const single = [0, 1].map((r) => evaluated(backend, products, args.map((x) => x.subarray((r * x.length) / 2, ((r + 1) * x.length) / 2)), []));
    for (const one of single) expectAgreement(one.subarray(0, 1), one.subarray(1, 2), 1e-10);
    expectAgreement(evaluated("interpreter", products, args.map((x) => x.subarray(0, x.length / 2)), []), single[0], 1e-10);
    expectAgreement(evaluated(backend, vmap(products), args, [2]), Float64Array.from(single.flatMap((x) => [...x])), 1e-10);
  }), { numRuns: 40, seed: 12 });
});

// On the interpreter: the test above compares its derivatives with those of the others.
test("random programs: derivatives agree with differences", () => {
  fc.assert(fc.property(numbers, fc.integer({ min: 1, max: 20 }), (list, length) => {
    const { inputShapes, f } = randomProgram(list, length);
    const scalar = (...x: Tensor[]): Tensor => f(...x).map((y) => dot(y, reshape(tensor(data(y.shape, 3)), y.shape))).reduce((s, y) => add(s, y));
    const [x, v] = [0, 4].map((k) => inputShapes.map((shape, i) => data(shape, i + k)));
    const value = compile((...z) => [scalar(...z)], inputShapes, { backend: "interpreter" });
    const slope = compile((...zv) => {
      const [, pull] = vjp(scalar, ...zv.slice(0, x.length));
      return [pull(tensor(1)).map((g, i) => dot(g, zv[x.length + i])).reduce((s, y) => add(s, y))];
    }, [...inputShapes, ...inputShapes], { backend: "interpreter" });
    const out = [new Float64Array(1)];
    const at = (h: number): number => {
      value(x.map((z, i) => z.map((entry, k) => entry + h * v[i][k])), out);
      return out[0][0];
    };
    const difference = (h: number): number => (at(h) - at(-h)) / (2 * h);
    const expected = (4 * difference(5e-5) - difference(1e-4)) / 3;
    slope([...x, ...v], out);
    expectAgreement(out[0], Float64Array.of(expected), 1e-6);
  }), { numRuns: 100, seed: 16 });
});
