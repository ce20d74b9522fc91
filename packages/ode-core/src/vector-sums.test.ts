import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type * as odeCore from "./index.ts";
import type { Algorithm, OdeProblem, OdeSolution, SolveOptions } from "./index.ts";

type OdeCore = typeof odeCore;
type Constructor = new (argument: unknown) => object;

const host = (globalThis as unknown as { readonly WebAssembly: { readonly Module: Constructor; readonly Instance: Constructor; readonly Memory: Constructor } }).WebAssembly;

/** A copy of the package, which looks for WebAssembly anew. */
async function freshCopy(): Promise<OdeCore> {
  vi.resetModules();
  return import("./index.ts");
}

/** A copy that does not find any. */
async function copyWithLoops(): Promise<OdeCore> {
  vi.stubGlobal("WebAssembly", undefined);
  const copy = await freshCopy();
  vi.unstubAllGlobals();
  return copy;
}

/** Counts the memories that copies make which are loaded from now on. */
function countMemories(): { made: number } {
  const count = { made: 0 };
  class Counted extends host.Memory {
    constructor(descriptor: unknown) {
      super(descriptor);
      count.made++;
    }
  }
  vi.stubGlobal("WebAssembly", { Module: host.Module, Instance: host.Instance, Memory: Counted });
  return count;
}

/** A ring of `n` coupled oscillators that a force of varying strength drives; components of very different sizes. */
function ring({ odeProblem }: OdeCore, n: number, end = 3): OdeProblem {
  return odeProblem((t, u, _p, out) => {
    for (let i = 0; i < n; i++) out[i] = Math.cos(t + i) * u[(i + 1) % n] - (0.3 + 0.1 * i) * u[i] + (i === 2 ? Math.sin(5 * t) : 0);
  }, Array.from({ length: n }, (_, i) => (i === 3 ? 0 : 10 ** (i % 4) * Math.cos(i))), [0, end]);
}

const bits = ({ t, u, stats: { nf, naccept, nreject } }: OdeSolution): object => ({ t: [...t], u: u.map((state) => [...state]), nf, naccept, nreject });

afterEach(() => void vi.unstubAllGlobals());

describe("sums by WebAssembly and by loops", () => {
  let vectors: OdeCore;
  let loops: OdeCore;
  let memories: { made: number };
  beforeEach(async () => {
    loops = await copyWithLoops();
    memories = countMemories();
    vectors = await freshCopy();
  });

  /** Both solutions, at saved times inside of steps, of which some are rejected. */
  function expectSameBits(name: string, make: (copy: OdeCore) => Algorithm, sizes: readonly number[], options: SolveOptions): void {
    for (const n of sizes) {
      const saveAt = Array.from({ length: 40 }, (_, i) => 0.05 + (2.9 * i) / 39);
      const solutions = [vectors, loops].map((copy) => copy.solve(ring(copy, n), make(copy), { saveAt, dense: true, ...options }));
      expect(solutions[0].retcode, name).toBe("success");
      expect(bits(solutions[0]), `${name}, n = ${n}`).toEqual(bits(solutions[1]));
      const saved = [vectors, loops].map((copy) => copy.solve(ring(copy, n), make(copy), { saveAt, dense: false, ...options }).u);
      expect(saved[0], `${name}, n = ${n}`).toEqual(saved[1]);
      // Other methods begin a step at the last extra stage of dense output, whose time is rounded in another way.
      if (make(vectors).tableau?.fsal) expect(saved[0]).toEqual(solutions[0].u);
      const at = solutions.map((solution) => [...solution.at(1.2345), ...solution.derivative(2.5)]);
      expect(at[0]).toEqual(at[1]);
    }
    // Solves in turn need no more.
    expect(memories.made).toBe(1);
  }

  const sizes = [5, 6, 7, 8, 9, 12, 33];

  test("explicit Runge-Kutta methods take the same steps, bit for bit, whatever the size", () => {
    const explicit = Object.entries(vectors.algorithms).filter(([, make]) => make().tableau);
    expect(explicit.length).toBeGreaterThan(12);
    for (const [name] of explicit) {
      const make = (copy: OdeCore): Algorithm => copy.algorithms[name as "tsit5"]();
      const adaptive = make(vectors).tableau?.bError !== undefined;
      expectSameBits(name, make, sizes, adaptive ? { reltol: 1e-6, abstol: 1e-8, dt: 1 } : { dt: 0.03 });
    }
  });

  test("so do those with a tableau of one's own, with an empty row and without a stage at the end", () => {
    const make = ({ explicitRk, polynomialExtension }: OdeCore): Algorithm => {
      const b = [0.25, 0, 0.75];
      return explicitRk("own", 2, { a: [[], [0], [0, 2 / 3]], b, c: [0, 0, 2 / 3], bError: [-0.75, 0, 0.75], dense: polynomialExtension({ order: 1, b, q: [[], [], []] }) });
    };
    expectSameBits("own", make, sizes, { reltol: 1e-4, abstol: 1e-5 });
    expectSameBits("two estimates", ({ explicitRk, dop853 }) => explicitRk("own", 8, dop853().tableau!), sizes, { reltol: 1e-6, abstol: 1e-8 });
  });

  test("and with tolerances for each component, a norm of one's own, events and a change of method", () => {
    expectSameBits("abstol[]", ({ tsit5 }) => tsit5(), [9], { abstol: Array.from({ length: 9 }, (_, i) => 10 ** (i - 9)) });
    expectSameBits("norm", ({ dop853 }) => dop853(), [9], { norm: (x) => x.reduce((a, b) => Math.max(a, Math.abs(b)), 0) });
    expectSameBits("vcab4", ({ vcab4 }) => vcab4(), [9], {});
    expectSameBits("autoTsit5", ({ autoTsit5, rodas5P }) => autoTsit5(rodas5P()), [9], {});
    const problems = [vectors, loops].map((copy) => bits(copy.solve(ring(copy, 9), copy.vern7(), { callback: copy.continuousCallback({ condition: (_t, u) => u[0], affect: (state) => void (state.u[1] += 1) }) })));
    expect(problems[0]).toEqual(problems[1]);
  });

  test("components without a size and tolerances of zero are as with loops", () => {
    const resting = ({ odeProblem }: OdeCore, n: number): OdeProblem => odeProblem((_t, u, _p, out) => void out.fill(0).set([-u[0]]), [1, ...new Array<number>(n - 1).fill(0)], [0, 1]);
    for (const n of [5, 8, 9]) {
      const [a, b] = [vectors, loops].map((copy) => copy.solve(resting(copy, n), copy.tsit5(), { abstol: 0, reltol: 1e-8 }));
      expect(a.retcode).toBe("success");
      expect(bits(a)).toEqual(bits(b));
    }
    expect(memories.made).toBe(1);
  });
});

describe("memory of sums by WebAssembly", () => {
  test("is used again by later solves, also when parameters change or a solve fails", async () => {
    const memories = countMemories();
    const core = await freshCopy();
    const { solve, tsit5, vern7, odeProblem, presetTimeCallback } = core;
    for (let n = 5; n < 40; n++) {
      solve(ring(core, n), tsit5());
      solve(ring(core, n), vern7(), { maxIters: 3 });
      solve(ring(core, n), tsit5(), { callback: presetTimeCallback({ times: [1, 2], affect: (state) => void (state.u[0] = 1) }) });
    }
    const changing = odeProblem((_t, u, p, out) => void u.forEach((x, i) => (out[i] = -p[0] * x)), [1, 2, 3, 4, 5], [0, 3], [1]);
    const { u, t } = solve(changing, tsit5(), { reltol: 1e-10, abstol: 1e-12, callback: presetTimeCallback({ times: [1, 2], affect: (state) => void (state.p[0] *= 2) }) });
    expect(memories.made).toBe(2);
    expect(t.at(-1)).toBe(3);
    u.at(-1)!.forEach((x, i) => expect(x).toBeCloseTo((i + 1) * Math.exp(-7), 10));
  });

  test("is not shared by solves that go on at the same time", async () => {
    const core = await freshCopy();
    const { init, solve, tsit5, dop853, odeProblem } = core;
    const expected = [solve(ring(core, 7), tsit5()), solve(ring(core, 7, 2), dop853()), solve(ring(core, 30), tsit5())].map(bits);
    const integrators = [init(ring(core, 7), tsit5()), init(ring(core, 7, 2), dop853()), init(ring(core, 30), tsit5())];
    while (integrators.some(({ done }) => !done)) for (const integrator of integrators) integrator.step();
    expect(integrators.map((integrator) => bits(integrator.solution()))).toEqual(expected);
    // One within another's right-hand side.
    const inner: object[] = [];
    const plain = ring(core, 7);
    const outer = odeProblem((t, u, p, out) => {
      if (inner.length < 3) inner.push(bits(solve(ring(core, 7), tsit5())));
      plain.f.bind(p).rhs(t, u, out);
    }, plain.u0, plain.tspan);
    expect(bits(solve(outer, tsit5()))).toEqual(expected[0]);
    expect(inner).toEqual([expected[0], expected[0], expected[0]]);
  });

  test("is not handed on by a solve that an exception ended, nor twice", async () => {
    const core = await freshCopy();
    const { init, solve, tsit5, odeProblem } = core;
    const expected = bits(solve(ring(core, 7), tsit5()));
    let calls = 0;
    const throwing = odeProblem((_t, u, _p, out) => {
      if (++calls === 30) throw new Error("no more");
      out.set(u);
    }, new Array<number>(7).fill(1), [0, 10]);
    const broken = init(throwing, tsit5());
    expect(() => broken.run()).toThrow("no more");
    const whole = init(ring(core, 7), tsit5());
    whole.step();
    broken.run();
    whole.run();
    expect(bits(whole.solution())).toEqual(expected);
    // It was ended by the run, which handed its memory on.
    broken.reinit();
    const [again, other] = [init(ring(core, 7), tsit5()), init(ring(core, 7), tsit5())];
    for (const integrator of [again, other]) integrator.step();
    broken.run();
    for (const integrator of [again, other]) integrator.run();
    expect(bits(again.solution())).toEqual(expected);
    expect(bits(other.solution())).toEqual(expected);
  });

  test("is handed on by a solve that throws, by one that is stopped, by checks and at a new start", async () => {
    const memories = countMemories();
    const core = await freshCopy();
    const { checkStepControl } = await import("./make-stepper.ts");
    const { checkSolveOptions } = await import("./solve-options.ts");
    const { init, solve, solveAsync, tsit5, odeProblem } = core;
    const throwing = odeProblem(() => {
      throw new Error("never");
    }, new Array<number>(7).fill(1), [0, 1]);
    const integrator = init(ring(core, 7), tsit5());
    for (let i = 0; i < 20; i++) {
      expect(() => solve(throwing, tsit5(), { dt: 0.1 })).toThrow("never");
      await expect(solveAsync(throwing, tsit5(), { dt: 0.1 })).rejects.toThrow("never");
      const left = init(ring(core, 8), tsit5());
      left.step();
      left.stop();
      left.stop();
      expect([left.retcode, left.step()]).toEqual(["aborted", false]);
      expect(left.solution().message).toContain("stop was called");
      checkStepControl(ring(core, 8), tsit5(), checkSolveOptions({}, ring(core, 8)));
      integrator.step();
      integrator.reinit();
    }
    expect(memories.made).toBe(2);
  });

  test("that is small gives way to larger ones", async () => {
    const memories = countMemories();
    const { init, solve, tsit5, odeProblem } = await freshCopy();
    const still = (n: number): OdeProblem => odeProblem((_t, _u, _p, out) => void out.fill(0), new Array<number>(n).fill(1), [0, 1]);
    for (const one of Array.from({ length: 20 }, () => init(still(5), tsit5()))) one.run();
    expect(memories.made).toBe(20);
    for (let i = 0; i < 5; i++) solve(still(5000), tsit5());
    expect(memories.made).toBe(21);
  });

  test("stays with a solve whose new start fails", async () => {
    const core = await freshCopy();
    const { init, solve, tsit5, odeProblem } = core;
    const { f, u0, tspan } = ring(core, 7);
    const expected = bits(solve(ring(core, 7), tsit5()));
    let fails = false;
    const broken = init(odeProblem({ ...f, bind: (p) => {
      if (fails) throw new Error("cannot bind");
      return f.bind(p);
    } }, u0, tspan), tsit5());
    broken.step();
    fails = true;
    expect(() => broken.reinit([7, 6, 5, 4, 3, 2, 1], 1)).toThrow("cannot bind");
    const whole = init(ring(core, 7), tsit5());
    whole.step();
    broken.run();
    whole.run();
    expect([broken, whole].map((integrator) => bits(integrator.solution()))).toEqual([expected, expected]);
  });

  test("may be refused by the host: loops take its place", async () => {
    const expected = await freshCopy().then((core) => bits(core.solve(ring(core, 9), core.tsit5())));
    let asked = 0;
    function refuse(): never {
      asked++;
      throw new RangeError("out of memory");
    }
    vi.stubGlobal("WebAssembly", { Module: host.Module, Instance: host.Instance, Memory: refuse });
    const first = await freshCopy();
    for (let i = 0; i < 3; i++) expect(bits(first.solve(ring(first, 9), first.tsit5()))).toEqual(expected);
    expect(asked).toBe(1);
    vi.stubGlobal("WebAssembly", { Module: refuse });
    const second = await freshCopy();
    for (let i = 0; i < 3; i++) expect(bits(second.solve(ring(second, 9), second.tsit5()))).toEqual(expected);
    expect(asked).toBe(2);
  });
});
