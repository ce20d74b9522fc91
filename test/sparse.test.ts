import { add, at, constant, mul, stack, sub, tracedField, type Tensor } from "@fluxion/autodiff";
import { algorithms, cuthillMckee, fbdf, odeProblem, radauIIA5, rodas5P, solve, vectorField, vern9, type Algorithm, type OdeSolution, type VectorField, type VectorFieldOptions } from "@fluxion/ode-core";
import { testVectorField } from "@fluxion/testkit";
import { describe, expect, test } from "vitest";
import { band2d, brusselator2d, start2d } from "./fixtures/brusselator-2d.ts";

const implicit: readonly Algorithm[] = [
  algorithms.rosenbrock23(), algorithms.rodas4(), algorithms.rodas5P(), algorithms.implicitEuler(), algorithms.trbdf2(), algorithms.kenCarp4(), algorithms.kvaerno5(), algorithms.radauIIA5(), algorithms.fbdf(),
];
const largest = (x: ArrayLike<number>, y: ArrayLike<number>): number => Math.max(...Array.from(x, (value, i) => Math.abs(value - y[i])));
const N = 8;
const bandwidth = band2d(N);
const run = (algorithm: Algorithm, options: Partial<VectorFieldOptions>, tol = 1e-5): OdeSolution =>
  solve(odeProblem(brusselator2d(N, 0.1, options), start2d(N), [0, 2]), algorithm, { reltol: tol, abstol: tol, saveAt: [2] });

testVectorField(brusselator2d(4, 0.1, { bandwidth: band2d(4) }), { u: start2d(4) });

describe("a grid in two dimensions, closed to a torus", () => {
  test.each(implicit.map((algorithm) => [algorithm.name, algorithm] as const))("%s takes the steps that it takes without a band, and fewer evaluations", (_name, algorithm) => {
    const [dense, banded] = [run(algorithm, {}), run(algorithm, { bandwidth })];
    expect(banded.retcode).toBe("success");
    expect([banded.stats.naccept, banded.stats.nreject, banded.stats.njac, banded.stats.nlu]).toEqual([dense.stats.naccept, dense.stats.nreject, dense.stats.njac, dense.stats.nlu]);
    expect(largest(banded.u[0], dense.u[0])).toBeLessThan(1e-8);
    const width = bandwidth.lower + bandwidth.upper + 1;
    expect(width).toBeLessThan(70);
    expect(dense.stats.nf - banded.stats.nf).toBe(2 * (2 * N * N - width) * banded.stats.njac - 2);
  });

  test("rodas5P meets the solution of an explicit method", () => {
    expect(largest(run(rodas5P(), { bandwidth }, 1e-7).u[0], run(vern9(), {}, 1e-12).u[0])).toBeLessThan(1e-5);
  });
});

/** A chain of unlike springs and dampers to a wall, the components of which stand in an order of no help: x' = v, v' = forces of both neighbours. */
const count = 30;
const name = (i: number): number => (i * 37) % (2 * count);
const [position, velocity] = [(i: number): number => name(2 * i), (i: number): number => name(2 * i + 1)];
const chain = (options: Partial<VectorFieldOptions> = {}): VectorField => vectorField((t, u, _p, out) => {
  for (let i = 0; i < count; i++) {
    const x = u[position(i)];
    const [left, right] = [i > 0 ? u[position(i - 1)] : Math.sin(t), i < count - 1 ? u[position(i + 1)] : x];
    out[position(i)] = u[velocity(i)];
    out[velocity(i)] = 1e4 * (1 + i / count) * (left - 2 * x + right) - 500 * u[velocity(i)] - 10 * x ** 3;
  }
}, { dim: 2 * count, ...options });
const dependencies = ((): number[][] => {
  const rows: number[][] = [];
  for (let i = 0; i < count; i++) {
    rows[position(i)] = [velocity(i)];
    rows[velocity(i)] = [position(i), velocity(i), ...(i > 0 ? [position(i - 1)] : []), ...(i < count - 1 ? [position(i + 1)] : [])];
  }
  return rows;
})();
const band = cuthillMckee(dependencies);
const start = Float64Array.from({ length: 2 * count }, (_, i) => Math.sin(i));

describe("a chain whose components stand in no order", () => {
  const end = (options: Partial<VectorFieldOptions>, algorithm: Algorithm, more: { massMatrix?: Float64Array; abstol?: Float64Array } = {}): OdeSolution =>
    solve(odeProblem(chain(options), start, [0, 1], [], more.massMatrix ? { massMatrix: more.massMatrix } : {}), algorithm, { saveAt: [1], ...(more.abstol ? { abstol: more.abstol } : {}) });
  const jacobian: VectorFieldOptions["jacobian"] = (_t, u, _p, out) => {
    const n = 2 * count;
    for (let i = 0; i < count; i++) {
      const [x, v] = [position(i), velocity(i)];
      const k = 1e4 * (1 + i / count);
      out[x * n + v] = 1;
      out[v * n + v] = -500;
      out[v * n + x] = (i < count - 1 ? -2 : -1) * k - 30 * u[x] ** 2;
      if (i > 0) out[v * n + position(i - 1)] = k;
      if (i < count - 1) out[v * n + position(i + 1)] = k;
    }
  };

  test("has a narrow band", () => expect(band.lower + band.upper).toBeLessThanOrEqual(8));

  test.each([fbdf(), rodas5P(), radauIIA5()].map((algorithm) => [algorithm.name, algorithm] as const))("%s: from differences, from a dense jacobian, with tolerances of their own and mass matrices, also singular ones", (_name, algorithm) => {
    const n = 2 * count;
    const diagonal = (of: (i: number) => number): Float64Array => Float64Array.from({ length: n * n }, (_, k) => (k % (n + 1) === 0 ? of(Math.floor(k / n)) : 0));
    const algebraic = new Set(Array.from({ length: count }, (_, i) => velocity(i)));
    // Neighbours share their masses, which is wider than the band.
    const shared = diagonal((i) => (algebraic.has(i) ? 3 : 1));
    for (let i = 1; i < count; i++) shared[velocity(i) * n + velocity(i - 1)] = shared[velocity(i - 1) * n + velocity(i)] = 0.5;
    for (const more of [{}, { abstol: Float64Array.from(start, (_, i) => 10 ** -(6 + (i % 5))) }, { massMatrix: shared }, { massMatrix: diagonal((i) => (algebraic.has(i) ? 0 : 1)) }]) {
      for (const options of [{}, { jacobian }]) {
        const [dense, banded] = [end(options, algorithm, more), end({ ...options, bandwidth: band }, algorithm, more)];
        expect([banded.retcode, banded.stats.naccept, banded.stats.nreject]).toEqual(["success", dense.stats.naccept, dense.stats.nreject]);
        expect(largest(banded.u[0], dense.u[0])).toBeLessThan(1e-7);
      }
    }
  });

  test("a broken promise is refused by the name of the component", () => {
    const wrong = vectorField((_t, u, _p, out) => out.forEach((_, i) => (out[i] = -u[i] + (i === 17 ? u[3] + u[29] + u[50] + u[41] : 0))), { dim: 2 * count, bandwidth: band });
    const place = [17, 3, 29, 50, 41].map((i) => band.order!.indexOf(i));
    expect(Math.max(...place.map((k) => Math.abs(k - place[0])))).toBeGreaterThan(Math.max(band.lower, band.upper));
    expect(() => solve(odeProblem(wrong, start, [0, 1]), fbdf())).toThrow(expect.objectContaining({
      code: "INVALID_ARGUMENT", message: expect.stringMatching(/as component 17 of the right-hand side, which stands at place \d+ of its order, must depend on those at places \d+ to \d+ only: it depends on others, too$/) as string,
    }));
  });

  test.each<[string, unknown]>([["too short", Int32Array.of(0, 1)], ["no permutation", new Int32Array(2 * count)], ["no Int32Array", Array.from(band.order!)], ["out of range", band.order!.map((i) => i + 1)]])("an order that is %s is refused", (_name, order) => {
    expect(() => chain({ bandwidth: { ...band, order: order as Int32Array } })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining("the order of bandwidth must be an Int32Array of the numbers 0 to 59") as string }));
  });
});

test("a traced field on a circle, and copies of it", () => {
  const n = 40;
  const bandwidthOfCircle = cuthillMckee(Array.from({ length: n }, (_, i) => [(i + 1) % n, (i + n - 1) % n]));
  expect(Math.max(bandwidthOfCircle.lower, bandwidthOfCircle.upper)).toBe(2);
  const field = (options: { bandwidth?: typeof bandwidthOfCircle }): VectorField => tracedField((_t, u) => {
    const turned = (by: number): Tensor => stack(Array.from({ length: n }, (_, i) => at(u, (i + by + n) % n)));
    return sub(mul(200, add(sub(turned(1), mul(2, u)), turned(-1))), mul(constant(5, [n]), mul(u, mul(u, u))));
  }, { dim: n, ...options });
  const u0 = Float64Array.from({ length: 3 * n }, (_, i) => Math.sin((2 * Math.PI * i * (1 + Math.floor(i / n))) / n));
  const [dense, banded] = [{}, { bandwidth: bandwidthOfCircle }].map((options) => solve(odeProblem(field(options).batch!(3), u0, [0, 0.1]), fbdf(), { saveAt: [0.1] }));
  expect(banded.retcode).toBe("success");
  expect(largest(banded.u[0], dense.u[0])).toBeLessThan(1e-9);
});
