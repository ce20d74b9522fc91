import { OdeError } from "@fluxion/ode-core";
import { describe, expect, test } from "vitest";
import { expand } from "./expand.ts";
import {
  add, asTensor, at, compile, compileProgram, concat, constant, contract, dot, evaluate, exp, gather, grad, greater, hamilton, hessian, jacobian, jvp, matmul, maximum, mul, outer, reshape, sin, slice, solveLinear, stack,
  sum, tanh, tensor, trace, tracedField, transpose, vjp, vmap, where, type Shape, type Tensor,
} from "./index.ts";
import { padBlock } from "./shape-ops.ts";
import { captures, topological } from "./trace.ts";

/** The error that a function throws. */
function caught(f: () => unknown): OdeError {
  try {
    f();
  } catch (error) {
    if (error instanceof OdeError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

const count = (f: (...x: Tensor[]) => Tensor[], ...shapes: Shape[]): number => topological(expand(trace(f, shapes)).outputs).length;

describe("programs", () => {
  test("hold equal subexpressions once, and no dead code", () => {
    expect(count((x) => [add(sin(x), sin(x))], [3])).toBe(3);
    expect(count((x) => [sin(x), sin(x), mul(sin(x), 2)], [3])).toBe(4);
    expect(count((x) => {
      exp(x);
      grad((y) => sum(exp(y)))(x);
      return [sin(x)];
    }, [3])).toBe(2);
    expect(count((x) => [add(matmul(x, x), contract("ab,bc->ac", x, x))], [2, 2])).toBe(3);
  });

  test("tell apart what differs in attributes, zero's sign or data only", () => {
    expect(count((x) => [slice(x, 0, 2), slice(x, 1, 3)], [3])).toBe(3);
    expect(count(() => [constant(0), constant(-0), constant(NaN), constant(NaN)])).toBe(3);
    expect(count(() => [tensor([0, 1]), tensor([-0, 1]), tensor([0, 1])])).toBe(2);
    expect(count((x) => [sum(x, [0]), sum(x, [1])], [2, 2])).toBe(3);
    for (const backend of ["interpreter", "js", "wasm"] as const) {
      expect(Array.from(evaluate(() => concat([tensor([0, -0]), tensor([-0, -0]), constant(0, [1])]), [], { backend }), (x) => Object.is(x, -0))).toEqual([false, true, true, true, false]);
    }
  });

  test("fold constants, also through derivatives", () => {
    expect(count(() => [matmul(tensor([[1, 2], [3, 4]]), tensor([5, 6]))])).toBe(1);
    expect(count((x) => [grad((y) => sum(mul(y, 3)))(x)], [4])).toBe(1);
    expect(count((x) => [add(x, grad((y) => dot(y, y))(tensor([1, 2])))], [2])).toBe(3);
    expect(count(() => [solveLinear(tensor([[0, 2], [4, 8]]), tensor([2, 12]))])).toBe(1);
  });

  test("are traced once, whatever the number of calls", () => {
    let traces = 0;
    const kernel = compile((x) => {
      traces++;
      return sin(x);
    }, [[1]]);
    const out = new Float64Array(1);
    for (let i = 0; i < 5; i++) kernel([Float64Array.of(i)], [out]);
    expect(traces).toBe(1);
    expect(out[0]).toBe(Math.sin(4));
  });

  test("list captured tensors, outermost first, without constants", () => {
    trace((a, b) => {
      const inner = trace((x) => [mul(add(x, sin(mul(a, b))), add(exp(constant(2)), a))], [[]]);
      const found = captures(inner);
      expect(found.map((x) => x.primitive.name).sort()).toEqual(["add", "sin"]);
      expect(captures(trace((x) => [x], [[]]))).toEqual([]);
      const [captured, ...more] = captures(trace(() => [a], [[]]));
      expect([captured === a, more]).toEqual([true, []]);
      return [a];
    }, [[], []]);
  });

  test("may be deep: no recursion per operation", () => {
    const deep = (x: Tensor): Tensor => {
      let y = x;
      for (let i = 0; i < 3000; i++) y = add(mul(y, sin(x)), x);
      return y;
    };
    // The fixed point of y -> y sin x + x and its derivative.
    const [s, c] = [Math.sin(1), Math.cos(1)];
    expect(evaluate(deep, [1], { backend: "interpreter" })[0]).toBeCloseTo(1 / (1 - s), 10);
    expect(evaluate((x) => grad(deep)(x), [1], { backend: "js" })[0]).toBeCloseTo((1 - s + c) / (1 - s) ** 2, 9);
    const long = (x: Tensor): Tensor => sum(Array.from({ length: 3000 }, (_, k) => sin(mul(x, k / 3000))).reduce((total, y) => add(total, y)));
    const expected = Array.from({ length: 3000 }, (_, k) => Math.sin(k / 3000) + Math.sin(k / 1500)).reduce((total, y) => total + y);
    expect(evaluate(long, [[1, 2]])[0] / expected).toBeCloseTo(1, 13);
    expect(evaluate((x) => grad(long)(x), [[0, 0]], { backend: "js" })[1]).toBeCloseTo(1499.5, 9);
  });

  test("are built in time that grows with their size, however much is shared", () => {
    const doubled = (x: Tensor): Tensor => {
      let [y, z] = [sin(x), x];
      for (let i = 0; i < 60; i++) [y, z] = [add(y, z), y];
      return y;
    };
    const fibonacci = [1, 1];
    while (fibonacci.length < 62) fibonacci.push(fibonacci.at(-1)! + fibonacci.at(-2)!);
    const expected = fibonacci[60] * Math.sin(2) + fibonacci[59] * 2;
    for (const backend of ["interpreter", "js", "wasm"] as const) {
      expect(evaluate((x) => sum(doubled(x), [0]), [[2, 2]], { backend })[0] / (2 * expected)).toBeCloseTo(1, 14);
      expect(evaluate((x) => doubled(padBlock(x, [1], [4])), [[2, 2]], { backend })[1] / expected).toBeCloseTo(1, 14);
      expect(evaluate((x) => doubled(concat([x, mul(x, 2)])), [[2]], { backend })[0] / expected).toBeCloseTo(1, 14);
    }
  });

  test("share one table only while tracing: a failed trace leaves nothing behind", () => {
    expect(() => trace(() => {
      throw new Error("user");
    }, [])).toThrow("user");
    expect(sin(constant(1)).primitive.name).toBe("constant");
    const x = trace((y) => [y], [[2]]).inputs[0];
    expect(sin(x) === sin(x)).toBe(false);
    trace(() => {
      expect(sin(x) === sin(x)).toBe(true);
      return [x];
    }, []);
  });
});

describe("misuse of traced arrays", () => {
  const branch = /^Cannot use a traced array in a JavaScript expression or branch as its value is not known while tracing \(use add, mul, where, \.\.\.\): it is sin\[2\]$/;
  const uses: Readonly<Record<string, (x: Tensor) => unknown>> = {
    comparison: (x) => (x as unknown as number) > 0,
    "unary plus": (x) => +(x as unknown as number),
    product: (x) => (x as unknown as number) * 2,
    template: (x) => `${x as unknown as string}`,
    "weak equality": (x) => (x as unknown as number) == 3, // oxlint-disable-line eqeqeq
    "Math function": (x) => Math.sin(x as unknown as number),
  };
  test.each(Object.entries(uses))("%s is refused", (_name, use) => {
    const error = caught(() => compile((x) => (use(sin(x)) ? x : sin(x)), [[2]]));
    expect(error.code).toBe("INVALID_TRACE");
    expect(error.message).toMatch(branch);
  });

  test.each<[string, (x: Tensor) => Tensor]>([
    ["if", (x) => {
      if (greater(x, 0)) return mul(x, 10);
      return mul(x, 20);
    }],
    ["?:", (x) => (greater(x, 0) ? mul(x, 10) : mul(x, 20))],
    ["&&", (x) => (greater(x, 0) && greater(x, 1) ? mul(x, 10) : mul(x, 20))],
    ["!", (x) => (!greater(x, 0) ? mul(x, 10) : mul(x, 20))],
    ["if in a derivative", (x) => grad((y) => (greater(y, 0) ? mul(y, 10) : mul(y, 20)))(x)],
    ["if in a map", (x) => vmap((y) => (greater(y, 0) ? mul(y, 10) : mul(y, 20)))(stack([x, x]))],
  ])("a branch on a comparison by %s is refused", (_name, f) => {
    const error = caught(() => evaluate(f, [-3]));
    expect(error.code).toBe("INVALID_TRACE");
    expect(error.message).toContain("nothing reads that of a greater(x, y)");
  });

  test("comparisons may be read anywhere, once or more, or be returned", () => {
    const positive = (x: Tensor): Tensor => greater(x, 0);
    expect([...evaluate((x) => where(positive(x), mul(x, 10), mul(x, 20)), [-3])]).toEqual([-60]);
    expect([...evaluate((x) => positive(x), [3])]).toEqual([1]);
    expect([...evaluate((x) => mul(positive(x), positive(x)), [3])]).toEqual([1]);
    expect([...evaluate((x) => {
      const outside = positive(x);
      return grad((y) => where(outside, mul(y, 10), mul(y, 20)))(x);
    }, [-3])]).toEqual([20]);
    // After one that was refused.
    expect(caught(() => evaluate((x) => (positive(x) ? x : x), [-3])).code).toBe("INVALID_TRACE");
    expect([...evaluate((x) => mul(x, 2), [-3])]).toEqual([-6]);
  });

  const returns: readonly [string, unknown][] = [["undefined", undefined], ["number", 3], ["object", null], ["string", "x"]];
  test.each(returns)("a function that returns %s is refused by every transform", (name, value) => {
    const f = (() => value) as () => Tensor;
    const message = `Cannot trace the function as it must return traced arrays: it returned ${value === null ? "null" : name}`;
    const attempts: (() => unknown)[] = [
      () => compile(f, []),
      () => evaluate((x) => grad(f)(x), [1]),
      () => evaluate((x) => jvp(f, [x], [x])[1], [1]),
      () => evaluate((x) => vjp(f, x)[0], [1]),
      () => evaluate((x) => vmap(f)(x), [[1]]),
      () => tracedField(f, { dim: 1 }).bind(new Float64Array(0)).rhs(0, new Float64Array(1), new Float64Array(1)),
    ];
    for (const attempt of attempts) {
      const error = caught(attempt);
      expect(error.code).toBe("INVALID_TRACE");
      expect(error.message).toBe(message);
    }
  });

  test("an entry taken by [i] is explained", () => {
    const error = caught(() => compile((x) => mul((x as unknown as Tensor[])[0], 2), [[2]]));
    expect(error.code).toBe("INVALID_TRACE");
    expect(error.message).toBe("Cannot read entry 0 of a traced array by [0] (entry i of x is at(x, i)): it is input[2]");
    expect(caught(() => compile((x) => mul((x as unknown as Tensor[])[10], 2), [[20]])).message).toBe("Cannot trace an operation as its arguments must be traced arrays or numbers (entry i of an array is at(x, i)): got undefined");
    expect(caught(() => evaluate((x) => add(x, Float64Array.of(1, 2) as unknown as number), [[1, 2]])).message).toContain("got Float64Array: tensor(values) makes a constant array of it");
    expect(caught(() => evaluate((x) => add(x, [1, 2] as unknown as number), [[1, 2]])).message).toContain("got Array: tensor(values) makes a constant array of it");
    expect(caught(() => asTensor("3" as unknown as number)).message).toContain("got string");
  });

  test.each(["interpreter", "js", "wasm"] as const)("a tensor kept from another trace is refused, %s", (backend) => {
    let kept = constant(0);
    compile((x) => (kept = sin(x)), [[]], { backend });
    const error = caught(() => compile((x) => add(x, kept), [[]], { backend }));
    expect(error.code).toBe("INVALID_TRACE");
    expect(error.message).toBe('Cannot compile the program as all its unknowns must be its inputs: "x0" is not (was a traced array kept from another trace?)');
    const leak = caught(() => compile((x) => {
      let inner = x;
      grad((y) => ((inner = y), mul(y, y)))(x);
      return mul(inner, x);
    }, [[]], { backend }));
    expect(leak.code).toBe("INVALID_TRACE");
    expect(caught(() => compile((x) => [x, reshape(kept, [1])], [[]], { backend })).code).toBe("INVALID_TRACE");
    // Not in the result: no harm done.
    expect(evaluate((x) => (add(x, kept), x), [2], { backend })[0]).toBe(2);
  });

  test("an unknown backend is refused with the list of known ones", () => {
    const error = caught(() => compile((x) => x, [[]], { backend: "wasm2" as "auto" }));
    expect(error.code).toBe("UNKNOWN_NAME");
    expect(error.message).toMatch(/"wasm2" as it must be one of auto, .*interpreter/);
  });
});

describe("shape errors", () => {
  const cases: Readonly<Record<string, [f: (x: Tensor, y: Tensor) => unknown, x: Shape, y: Shape, message: string]>> = {
    add: [add, [2, 3], [2], "Cannot trace add as the shapes must broadcast: current shapes are [2, 3] and [2]"],
    where: [(x, y) => where(greater(x, 0), x, y), [2], [3], "Cannot trace where as the shapes must broadcast: current shapes are [2] and [2] and [3]"],
    maximum: [maximum, [4], [0], "Cannot trace maximum as the shapes must broadcast: current shapes are [4] and [0]"],
    matmul: [matmul, [2, 3], [2, 3], "Cannot trace matmul as the last axis of the first must match the first of the second (at most 2 axes each): current shapes are [2, 3] and [2, 3]"],
    "matmul of a number": [matmul, [], [2], "current shapes are [] and [2]"],
    dot: [dot, [2], [3], "Cannot trace dot as the shapes must be equal: current shapes are [2] and [3]"],
    outer: [outer, [2, 2], [3], "Cannot trace outer as it needs two vectors: current shapes are [2, 2] and [3]"],
    "contract of a constant": [(x) => contract("ik,kj->ij", constant(0, [2, 3]), x), [4, 2], [], "equal letters must have equal sizes: current shapes are [2, 3] and [4, 2]"],
    "contract of wrong ranks": [(x, y) => contract("ik,k->i", x, y), [2], [2], "current shapes are [2] and [2]"],
    reshape: [(x) => reshape(x, [4]), [2, 3], [], "Cannot trace reshape as [4] must have as many entries as the argument: current shape is [2, 3]"],
    "reshape to negative sizes": [(x) => reshape(x, [-2, -3]), [2, 3], [], "Cannot trace reshape as sizes must be whole numbers >= 0, not [-2, -3]: current shape is [2, 3]"],
    transpose: [(x) => transpose(x, [0]), [2, 3], [], "Cannot trace transpose as [0] must be an order of the argument's axes: current shape is [2, 3]"],
    "slice beyond the end": [(x) => slice(x, 2, 5), [4], [], "Cannot trace slice as from = 2 and to = 5 must be whole numbers with 0 <= from <= to <= 4: current shape is [4]"],
    "slice of full length from elsewhere": [(x) => slice(x, 1, 5), [4], [], "from = 1 and to = 5"],
    "slice of a slice": [(x) => slice(slice(x, 0, 2), 0, 3), [4], [], "from = 0 and to = 3 must be whole numbers with 0 <= from <= to <= 2: current shape is [2]"],
    "slice backwards": [(x) => slice(x, 3, 1), [4], [], "from = 3 and to = 1"],
    "slice of a constant": [() => slice(constant(1, [4]), 3, 6), [], [], "from = 3 and to = 6"],
    "slice along no axis": [(x) => slice(x, 0, 1, 2), [4, 4], [], "Cannot trace slice as axis 2 must exist: current shape is [4, 4]"],
    "slice at half an entry": [(x) => slice(x, 0.5, 1.5), [4], [], "from = 0.5 and to = 1.5"],
    "entry of a number": [(x) => at(x, 0), [], [], "Cannot trace at as the argument must have entries along a first axis: current shape is []"],
    "entry beyond the end": [(x) => at(x, 4), [4], [], "Cannot trace at as index 4 must be a whole number from 0 to 3: current shape is [4]"],
    pad: [(x) => padBlock(x, [2], [4]), [3], [], "Cannot trace pad as the block [3] from [2] must lie within [4]: current shape is [3]"],
    concat: [(x, y) => concat([x, y], 1), [2, 3], [3, 3], "Cannot trace concat as the shapes must agree but along axis 1: current shapes are [2, 3] and [3, 3]"],
    "concat of one along no axis": [(x) => concat([x], 2), [2, 3], [], "Cannot trace concat as axis 2 must exist: current shape is [2, 3]"],
    "concat of nothing": [() => concat([]), [], [], "Cannot trace concat as it needs at least one argument: got none"],
    stack: [(x, y) => stack([x, y]), [2], [3], "Cannot trace stack as it needs arguments of one shape: current shapes are [2] and [3]"],
    sum: [(x) => sum(x, [1]), [2], [], "Cannot trace sum as axes [1] must exist and differ: current shape is [2]"],
    "sum of a constant": [() => sum(constant(1, [2]), [1]), [], [], "axes [1] must exist and differ"],
    "sum twice over an axis": [(x) => sum(x, [0, -2]), [2, 2], [], "axes [0, 0] must exist and differ"],
    gather: [(x) => gather(x, [0, 4]), [4], [], "Cannot trace gather as it needs 2 indices from -1 to 3: current shape is [4]"],
    "gather of too few": [(x) => gather(x, [0, 1], [3]), [4], [], "it needs 3 indices from -1 to 3"],
    jvp: [(x, y) => jvp(sin, [x], [y]), [2], [3], "Cannot trace jvp as tangent 0 must have its argument's shape: current shapes are [2] and [3]"],
    "jvp without tangent": [(x) => jvp(sin, [x], []), [2], [], "tangent 0 must have its argument's shape"],
    vjp: [(x, y) => vjp(sin, x)[1](y), [2], [3], "Cannot trace vjp as the cotangent must have the result's shape [2]: current shape is [3]"],
    grad: [(x) => grad(tanh)(x), [2], [], "Cannot trace grad as the function must return a scalar: current shape is [2]"],
    hessian: [(x) => hessian(sin)(x), [2], [], "Cannot trace hessian as the function must return a scalar: current shape is [2]"],
    "hessian by a matrix": [(x) => hessian(sum)(x), [2, 2], [], "Cannot trace hessian as the argument must be a vector: current shape is [2, 2]"],
    jacobian: [(x) => jacobian(sum)(x), [2], [], "Cannot trace jacobian as argument and result must be vectors: current shapes are [2] and []"],
    hamilton: [(x, y) => hamilton(add)(x, y)[0], [2], [2], "Cannot trace hamilton as the function must return a scalar: current shape is [2]"],
    vmap: [(x, y) => vmap(add)(x, y), [2], [3], "Cannot vmap as the mapped arguments must share the length of their first axis: current shapes are [2] and [3]"],
    "vmap of a number": [(x) => vmap(sin)(x), [], [], "Cannot vmap as the mapped arguments must share the length of their first axis: current shapes are []"],
  };
  test.each(Object.entries(cases))("%s names the operation and the shapes", (_name, [f, x, y, message]) => {
    const error = caught(() => trace((a, b) => [f(a, b) as Tensor], [x, y]));
    expect(error.code).toBe("SHAPE_MISMATCH");
    expect(error.message).toContain(message);
  });

  test.each(["ik,kj", "ik,kj->ijx", "ii,i->i", "ik,k->", "a,b,c->abc", "IK,KJ->IJ", "ik->i"])("contract refuses the pattern %s", (pattern) => {
    const error = caught(() => trace((x) => [contract(pattern, x, x)], [[2, 2]]));
    expect(error.code).toBe("INVALID_ARGUMENT");
    expect(error.message).toContain(`current pattern is "${pattern}"`);
  });

  test("ragged rows are refused, empty arrays are not", () => {
    expect(caught(() => tensor([[1, 2], [3]])).code).toBe("SHAPE_MISMATCH");
    expect(caught(() => tensor([1, [2]])).code).toBe("SHAPE_MISMATCH");
    expect(caught(() => tensor([[1], 2])).code).toBe("SHAPE_MISMATCH");
    expect(tensor([]).shape).toEqual([0]);
    expect(tensor([[], []]).shape).toEqual([2, 0]);
    expect(tensor(3).shape).toEqual([]);
    expect(tensor(Float64Array.of(1, 2)).shape).toEqual([2]);
  });

  test("data of a tensor are copied", () => {
    const data = Float64Array.of(1, 2);
    const kernel = compileProgram(trace((x) => [add(x, tensor(data))], [[2]]));
    data[0] = 100;
    const out = new Float64Array(2);
    kernel([Float64Array.of(0, 0)], [out]);
    expect([...out]).toEqual([1, 2]);
  });
});
