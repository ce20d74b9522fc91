import fc from "fast-check";
import { expect, test } from "vitest";
import { add, atan2, cholesky, compile, compileProgram, concat, cond, constant, contract, div, dot, erf, exp, gather, greater, identity, jvp, log, matmul, maximum, minimum, mul, neg, outer, pow, reshape, scan, sigmoid, sin, softplus, solveLinear, sqrt, sub, sum, tanh, tensor, trace, transpose, vjp, vmap, where, type Shape, type Tensor } from "./index.ts";
import { compileSplit } from "./compile.ts";
import { padBlock, sliceBlock } from "./shape-ops.ts";
import { sumAxes } from "./broadcast.ts";

/** Draws whole numbers below a bound from a list that fast-check shrinks. */
type Draw = (bound: number) => number;
const drawFrom = (numbers: readonly number[]): Draw => {
  let k = 0;
  return (bound) => numbers[k++ % numbers.length] % bound;
};

const pick = <T>(items: readonly T[], draw: Draw): T => items[draw(items.length)];
const sizeOf = (shape: Shape): number => shape.reduce((n, s) => n * s, 1);
const shapes: readonly Shape[] = [[], [1], [2], [3], [5], [7], [1, 1], [2, 3], [3, 2], [4, 4], [5, 7], [6, 6], [1, 5], [5, 1], [3, 1, 2], [2, 3, 4], [2, 2, 2, 3]];

function shuffled<T>(items: readonly T[], draw: Draw): T[] {
  const rest = [...items];
  return items.map(() => rest.splice(draw(rest.length), 1)[0]);
}

/** Keeps values near 1 without magnifying rounding errors. */
const tame = (x: Tensor, terms: number): Tensor => sin(add(mul(x, 1 / Math.max(1, terms)), 0.37));

function randomContract(x: Tensor, y: Tensor, draw: Draw): Tensor {
  if (x.shape.length > 4 || y.shape.length > 4) return sin(x);
  const a = [..."abcd"].slice(0, x.shape.length);
  const free = [...a];
  const b = y.shape.map((s, d) => {
    const same = free.filter((l) => x.shape[a.indexOf(l)] === s);
    if (same.length === 0 || draw(4) === 0) return "pqrs"[d];
    return free.splice(free.indexOf(pick(same, draw)), 1)[0];
  });
  const out = [...new Set([...a, ...b])].filter((l) => !(a.includes(l) && b.includes(l)) || draw(2) === 0);
  const size = (l: string): number => (a.includes(l) ? x.shape[a.indexOf(l)] : y.shape[b.indexOf(l)]);
  if (out.length > 4 || out.reduce((n, l) => n * size(l), 1) > 120) return x;
  const summed = a.filter((l) => b.includes(l) && !out.includes(l)).reduce((n, l) => n * size(l), 1);
  const product = contract(`${a.join("")},${b.join("")}->${shuffled(out, draw).join("")}`, x, y);
  return summed <= 4 && draw(2) === 0 ? product : tame(product, summed);
}

function randomBlock(shape: Shape, draw: Draw): { start: number[]; shape: number[] } {
  const size = shape.map((s) => 1 + draw(s));
  return { start: shape.map((s, d) => draw(s - size[d] + 1)), shape: size };
}

function randomShape(size: number, draw: Draw): number[] {
  const found: number[] = [];
  for (let rest = size; rest > 1; ) {
    const divisors = Array.from({ length: rest }, (_, k) => k + 1).filter((k) => k > 1 && rest % k === 0);
    found.push(pick(divisors, draw));
    rest /= found.at(-1)!;
  }
  return draw(3) === 0 ? [...found, 1] : found;
}

const fits = (x: Tensor, y: Tensor): boolean => x.shape.toReversed().every((s, d) => s === (y.shape.toReversed()[d] ?? s) || s === 1 || y.shape.toReversed()[d] === 1);

/** From 0.8 to 1.8: where functions with a pole or a root do not magnify rounding errors much. */
const away = (x: Tensor): Tensor => add(mul(sin(x), 0.5), 1.3);

/** One random operation on random earlier results. */
function step(pool: readonly Tensor[], inputs: readonly Tensor[], draw: Draw): Tensor {
  const x = pick(pool, draw);
  const y = pick(pool, draw);
  switch (draw(31)) {
    case 0: return sin(x);
    case 1: return tanh(neg(x));
    case 2: return sigmoid(x);
    case 3: return softplus(sub(0.5, x));
    case 4: return fits(x, y) ? mul(add(x, y), 0.5) : mul(x, constant(0.7));
    case 5: return fits(x, y) ? sub(x, mul(y, 0.25)) : sub(x, tame(sum(y), y.size));
    case 6: return fits(x, y) ? tanh(mul(x, y)) : mul(x, tame(sum(y), y.size));
    // Only inputs are compared: rounding must not decide.
    case 7: return where(greater(tensorLike(pick(inputs, draw), x), 0.1), x, neg(x));
    case 8: return tame(sumAxes(x, x.shape.map((_, d) => d).filter(() => draw(2) === 0)), x.size);
    case 9: return reshape(x, randomShape(x.size, draw));
    case 10: return transpose(x, shuffled(x.shape.map((_, d) => d), draw));
    case 11: {
      const block = randomBlock(x.shape, draw);
      return sliceBlock(x, block.start, block.shape);
    }
    case 12: {
      const start = x.shape.map(() => draw(3));
      const whole = x.shape.map((s, d) => s + start[d] + draw(2));
      return sizeOf(whole) > 120 ? x : padBlock(x, start, whole);
    }
    case 13: {
      if (x.shape.length === 0) return x;
      const axis = draw(x.shape.length);
      const others = pool.filter((z) => z.shape.length === x.shape.length && z.shape.every((s, d) => d === axis || s === x.shape[d]));
      const parts = [x, pick(others, draw), sin(x)].slice(0, 2 + draw(2));
      return parts.reduce((n, z) => n + z.size, 0) > 150 ? x : concat(parts, axis);
    }
    case 14: return gather(x, Array.from({ length: 1 + draw(6) }, () => draw(x.size + 1) - 1));
    case 15: case 16: return randomContract(x, y, draw);
    case 18: {
      if (x.shape.length === 0 || x.size > 60) return tanh(x);
      const [carry, ys] = scan((c, row) => [sin(add(c, tame(sum(mul(row, row)), row.size))), mul(row, tame(sum(c), c.size))], y, x);
      return draw(2) === 0 ? carry : ys;
    }
    // Only inputs are compared.
    case 19: return cond(greater(sum(pick(inputs, draw)), 0.1), (z) => sin(mul(z, tame(sum(y), y.size))), (z) => mul(tanh(z), 0.5), x);
    case 20: {
      const n = 1 + draw(3);
      const entries = reshape(gather(x, Array.from({ length: n * n }, () => draw(x.size))), [n, n]);
      return cholesky(add(mul(tanh(entries), 0.4 / n), identity(n)));
    }
    case 17: {
      const n = 1 + draw(4);
      const entries = reshape(gather(x, Array.from({ length: n * n }, () => draw(x.size))), [n, n]);
      return solveLinear(add(mul(tanh(entries), 0.5 / n), identity(n)), gather(y, Array.from({ length: n }, () => draw(y.size))));
    }
    case 22: return exp(sin(x));
    case 23: return log(away(x));
    case 24: return sqrt(away(x));
    case 25: return div(x, fits(x, y) ? away(y) : away(x));
    case 26: return pow(away(x), pick([-2.5, -2, -1, -0.5, 0.5, 1.5, 2, 3, 4], draw));
    // In every quadrant, but away from the cut and the origin.
    case 27: return pick([atan2(sin(x), away(y.size === x.size ? reshape(y, x.shape) : x)), atan2(away(x), sin(mul(x, 2))), atan2(neg(away(x)), sin(mul(x, 2)))], draw);
    case 28: return erf(x);
    case 29: {
      // Only inputs are compared.
      const [z, w] = [tensorLike(pick(inputs, draw), x), mul(tensorLike(pick(inputs, draw), x), 0.7)];
      return mul(x, pick([maximum(z, 0.1), minimum(z, 0.1), maximum(z, w), minimum(w, z)], draw));
    }
    // What backends merge: products of one matrix, and sums of outer products.
    case 21: {
      const [m, n] = pick([[6, 6], [5, 7]], draw);
      const entries = (z: Tensor, shape: Shape): Tensor => gather(z, Array.from({ length: sizeOf(shape) }, (_, k) => k % z.size), shape);
      const matrix = sin(entries(x, [m, n]));
      const products = draw(2) === 0 ? [x, y].map((z) => matmul(matrix, entries(z, [n]))) : [x, y].map((z) => matmul(entries(z, [m]), matrix));
      const [p, q] = products.map((z) => tame(z, m));
      return draw(2) === 0 ? mul(p, q) : mul(add(outer(p, entries(y, [n])), outer(q, entries(x, [n]))), 0.5);
    }
    default: {
      const n = 6 + draw(5);
      const part = (z: Tensor): Tensor => padBlock(reshape(z, [z.size]), [draw(Math.max(1, n - z.size))], [n]);
      return x.size + 2 > n || y.size + 2 > n ? sin(x) : reshape(add(part(x), add(part(y), part(sin(x)))), [n]);
    }
  }
}

/** The input's entries, repeated, in the shape of `x`. */
const tensorLike = (z: Tensor, x: Tensor): Tensor => gather(z, Array.from({ length: x.size }, (_, k) => k % z.size), x.shape);

interface RandomProgram {
  readonly inputShapes: readonly Shape[];
  readonly accumulate: readonly boolean[];
  readonly f: (...x: Tensor[]) => Tensor[];
}

function randomProgram(numbers: readonly number[], length: number): RandomProgram {
  const draw = drawFrom(numbers);
  const inputShapes = Array.from({ length: 2 + draw(2) }, () => pick(shapes, draw));
  const outputs = 1 + draw(4);
  const accumulate = Array.from({ length: outputs }, () => draw(2) === 0);
  return {
    inputShapes,
    accumulate,
    f: (...inputs) => {
      const own = drawFrom(numbers.slice(7));
      const pool: Tensor[] = [...inputs, tensor([[0.3, -0.2], [0.9, 0.4]]), constant(0.6, [3])];
      for (let k = 0; k < length; k++) pool.push(step(pool, inputs, own));
      return Array.from({ length: outputs }, (_, k) => (k === 0 ? pool.at(-1)! : pick(pool.slice(own(2) === 0 ? 0 : -6), own)));
    },
  };
}

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
  }), { numRuns: 200, seed: 11 });
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
  }), { numRuns: 150, seed: 13 });
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
  }), { numRuns: 100, seed: 14 });
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
  }), { numRuns: 150, seed: 15 });
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
  }), { numRuns: 60, seed: 12 });
});
