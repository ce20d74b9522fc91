import { dprkn6, explicitRk, fbdf, piController, rk4, tsit5, vcab5, vectorField, type Algorithm, type SensitivityAlgorithm, type Stepper, type Tableau, type VectorFieldOptions } from "@fluxion/ode-core";
import { discreteAdjoint, forwardSensitivity, interpolatingAdjoint } from "@fluxion/sensitivity";
import type * as Testkit from "@fluxion/testkit";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

/** The suites, imported with a stand-in for vitest that collects the tests they declare. */
let testkit: typeof Testkit;
const declared: { name: string; run: () => void }[] = [];

beforeAll(async () => {
  vi.resetModules();
  vi.doMock("vitest", () => {
    const collect = (name: string, run: () => void): void => void declared.push({ name, run });
    const each = (rows: readonly unknown[]) => (name: string, run: (...row: unknown[]) => void): void =>
      rows.forEach((row) => collect(name, () => run(...(Array.isArray(row) ? row : [row]))));
    return { describe: (_name: string, body: () => void) => body(), test: Object.assign(collect, { each }), expect };
  });
  testkit = await import("@fluxion/testkit");
});
afterAll(() => void vi.doUnmock("vitest"));

/** Names of the declared tests that fail. */
function failures(declare: () => void): string {
  declared.length = 0;
  declare();
  expect(declared.length).toBeGreaterThan(2);
  const failed = declared.filter(({ run }) => {
    try {
      run();
      return false;
    } catch {
      return true;
    }
  });
  return failed.map(({ name }) => name).join("; ");
}

describe("testAlgorithm", () => {
  const expected = { order: 4, denseOrder: 3 };
  const tableau = rk4().tableau as Tableau;
  const withTableau = (changes: Partial<Tableau>) => (): Algorithm => explicitRk("broken", 4, { ...tableau, ...changes });
  const withStepper = (change: (stepper: Stepper) => Partial<Stepper>) => (): Algorithm => {
    const base = rk4();
    const stepper: Algorithm["stepper"] = (f, n, context) => {
      const inner = base.stepper(f, n, context);
      const whole: Stepper = {
        step: (t, h, u, out) => inner.step(t, h, u, out),
        capture: () => inner.capture(),
        accept: () => inner.accept?.(),
        reset: () => inner.reset?.(),
        get nf() {
          return inner.nf;
        },
      };
      return Object.assign(whole, change(inner));
    };
    return { name: "broken", order: 4, stepper };
  };

  test("passes a right algorithm, and one without a tableau", () => {
    expect(failures(() => testkit.testAlgorithm(rk4, expected))).toBe("");
    expect(failures(() => testkit.testAlgorithm(withStepper(() => ({})), expected))).toBe("");
  });

  test.each([
    ["a wrong node", withTableau({ c: [0, 1 / 2, 1 / 2, 0.9] }), "has order 4"],
    ["a wrong weight", withTableau({ b: [1 / 6, 1 / 3 + 1e-4, 1 / 3, 1 / 6 - 1e-4] }), "has order 4"],
    ["a linear interpolant", withTableau({ dense: { order: 3, a: [], c: [], weights: (x, w) => tableau.b.forEach((b, i) => void (w[i] = x * b)), weightsDerivative: (_x, w) => w.set(tableau.b) } }), "interpolant of order 3"],
    ["a wrong derivative of the weights", withTableau({ dense: { ...tableau.dense, weightsDerivative: (_x, w) => w.set([...tableau.b, 0]) } }), "has its own derivative"],
    ["a state that is changed", withStepper((inner) => ({ step: (t, h, u, out) => {
      inner.step(t, h, u, out);
      u.fill(0);
      return true;
    } })), "leaves the state alone"],
    ["a reset that does nothing", withStepper((inner) => ({ accept: () => (inner.capture(), inner.accept?.()), reset: () => {} })), "forgets the last state"],
    ["numbers that are not finite and hidden", withStepper((inner) => ({ step: (t, h, u, out) => {
      const solved = inner.step(t, h, u, out);
      out.forEach((x, i) => Number.isNaN(x) && (out[i] = u[i]));
      return solved;
    } })), "ends where the right-hand side is not finite"],
    ["an interpolant that is a view", withStepper((inner) => ({ capture: () => ({ at: (x, out) => inner.capture().at(x, out), derivative: (x, out) => inner.capture().derivative(x, out) }) })), "keeps its own data"],
  ])("catches %s", (_what, make, name) => {
    expect(failures(() => testkit.testAlgorithm(make, expected))).toContain(name);
  });

  test.each([
    ["an error estimate that is far too small", tsit5, (inner: Stepper): Partial<Stepper> => ({ error: (out) => (inner.error!(out), void out.forEach((x, i) => (out[i] = 1e-4 * x))) }), "meets its tolerances"],
    ["a past that survives an event of fixed steps", vcab5, (): Partial<Stepper> => ({ reset: () => {} }), "starts anew after events"],
    ["a past that survives an event", fbdf, (): Partial<Stepper> => ({ reset: () => {} }), "starts anew after events"],
    ["an order that stays low", fbdf, (): Partial<Stepper> => ({ controller: piController({ beta1: 0.35, beta2: 0 }) }), "raises its order"],
    ["steps that do not shrink where values are not finite", tsit5, (): Partial<Stepper> => ({ controller: { accept: () => 2, reject: (error) => (Number.isFinite(error) ? 0.3 : 1) } }), "not finite"],
    ["the same of a Nystrom method", dprkn6, (): Partial<Stepper> => ({ controller: { accept: () => 2, reject: (error) => (Number.isFinite(error) ? 0.3 : 1) } }), "not finite"],
  ] as const)("of error-controlled solves, it catches %s", (_what, base, change, name) => {
    const make = (): Algorithm => ({
      ...base(),
      stepper: (f, n, context) => {
        const inner = base().stepper(f, n, context);
        const whole: Stepper = {
          step: (t, h, u, out) => inner.step(t, h, u, out),
          error: (out) => inner.error!(out),
          capture: () => inner.capture(),
          accept: () => inner.accept!(),
          reset: () => inner.reset!(),
          ...(inner.controller ? { controller: inner.controller } : {}),
          ...(inner.njac === undefined ? {} : { njac: inner.njac }),
          get nf() {
            return inner.nf;
          },
        };
        return Object.assign(whole, change(inner));
      },
    });
    const options = new Map<() => Algorithm, Testkit.TestAlgorithmOptions>([
      [tsit5, { order: 5, denseOrder: 4, errorOrder: 5 }],
      [fbdf, { order: 5, fixedOrder: 1, denseOrder: 1, errorOrder: 2 }],
      [vcab5, { order: 5, denseOrder: 5, errorOrder: 5, startSteps: 4 }],
      [dprkn6, { order: 6, denseOrder: 5, errorOrder: 5 }],
    ]).get(base)!;
    expect(failures(() => testkit.testAlgorithm(make, options))).toContain(name);
  });

  test("looks at the interpolant after as many steps as asked for", () => {
    expect(failures(() => testkit.testAlgorithm(vcab5, { order: 5, denseOrder: 5, errorOrder: 5, startSteps: 4 }))).toBe("");
    expect(failures(() => testkit.testAlgorithm(vcab5, { order: 5, denseOrder: 5, errorOrder: 5, startSteps: 3 }))).toContain("interpolant of order 5");
  });

  test("catches a wrong claim of order, and a missing error estimate", () => {
    expect(failures(() => testkit.testAlgorithm(rk4, { ...expected, order: 5 }))).toContain("states its order");
    expect(failures(() => testkit.testAlgorithm(tsit5, { order: 5, denseOrder: 5, errorOrder: 5 }))).toContain("interpolant of order 5");
    expect(failures(() => testkit.testAlgorithm(rk4, { ...expected, errorOrder: 4 }))).toContain("estimates its error");
  });
});

describe("testSensealg", () => {
  type Pull = ReturnType<SensitivityAlgorithm["linearize"]>["pull"];
  type Push = NonNullable<ReturnType<SensitivityAlgorithm["linearize"]>["push"]>;
  const parameters = [0, 1];
  const broken = (change: (pull: Pull) => Pull) => (): SensitivityAlgorithm => {
    const base = discreteAdjoint();
    return { ...base, linearize: (context) => ({ solution: base.linearize(context).solution, pull: change(base.linearize(context).pull) }) };
  };

  test("passes a right algorithm", () => {
    expect(failures(() => testkit.testSensealg(discreteAdjoint, { discrete: true }))).toBe("");
  });

  test.each([
    ["a sign", broken((pull) => (uBar) => ({ ...pull(uBar), dp: pull(uBar).dp.map((x) => -x) })), "meets the closed form"],
    ["an error of 1e-6", broken((pull) => (uBar) => ({ ...pull(uBar), du0: pull(uBar).du0.map((x) => x * (1 + 1e-6)) })), "meets the closed form"],
    ["sums kept from one pull to the next", broken((pull) => {
      const sum = new Float64Array(2);
      return (uBar) => ({ ...pull(uBar), dp: pull(uBar).dp.map((x, i) => (sum[i] += x)) });
    }), "repeats itself"],
    ["a missing check of uBar", broken((pull) => (uBar) => {
      try {
        return pull(uBar);
      } catch {
        return { dp: new Float64Array(2), du0: new Float64Array(2) };
      }
    }), "SHAPE_MISMATCH"],
  ])("catches %s", (_what, make, name) => {
    expect(failures(() => testkit.testSensealg(make))).toContain(name);
  });

  test.each([
    ["a push with a wrong sign", (push: Push): Push => (dp, du0) => push(dp && dp.map((x) => -x), du0), "is the transpose of pull"],
    ["a push that leaves out the initial state", (push: Push): Push => (dp) => push(dp, null), "is the transpose of pull"],
    ["a push without checks", (push: Push): Push => (dp, du0) => push(dp && Float64Array.from(parameters, (_, i) => dp[i] ?? 0), du0), "a wrong change throws"],
    ["a push that it says there is, and is not", () => undefined, "as it says"],
  ])("catches %s", (_what, change, name) => {
    const make = (): SensitivityAlgorithm => {
      const base = forwardSensitivity();
      return {
        ...base,
        linearize: (context) => {
          const { solution, pull, push } = base.linearize(context);
          const changed = change(push!);
          return changed ? { solution, pull, push: changed } : { solution, pull };
        },
      };
    };
    expect(failures(() => testkit.testSensealg(make))).toContain(name);
  });

  test("catches a continuous adjoint that is said to be discrete", () => {
    expect(failures(() => testkit.testSensealg(interpolatingAdjoint, { discrete: true }))).toContain("the very steps");
  });
});

describe("testVectorField", () => {
  const right: VectorFieldOptions = {
    dim: 2,
    paramCount: 1,
    jvp: (_t, u, p, du, dp, out) => out.set([du[1], -p[0] * Math.cos(u[0]) * du[0] - (dp ? dp[0] * Math.sin(u[0]) : 0)]),
    vjp: (_t, u, p, w, outU, outP) => {
      outU.set([-p[0] * Math.cos(u[0]) * w[1], w[0]]);
      outP[0] -= Math.sin(u[0]) * w[1];
    },
    jacobian: (_t, u, p, out) => out.set([0, 1, -p[0] * Math.cos(u[0]), 0]),
  };
  const failing = (changes: Partial<VectorFieldOptions>, rhs?: Parameters<typeof vectorField>[0]): string =>
    failures(() => testkit.testVectorField(vectorField(rhs ?? ((_t, u, p, out) => out.set([u[1], -p[0] * Math.sin(u[0])])), { ...right, ...changes }), { u: [0.5, -0.3], p: [1.2] }));

  test("passes a right field", () => expect(failing({})).toBe(""));

  test.each([
    ["a jvp without its parameter part", { jvp: (_t, u, p, du, _dp, out) => out.set([du[1], -p[0] * Math.cos(u[0]) * du[0]]) }, "jvp agrees"],
    ["a vjp with a wrong sign", { vjp: (t, u, p, w, outU, outP) => { right.vjp!(t, u, p, w, outU, outP); outU[0] *= -1; } }, "vjp is the transpose"],
    ["a vjp that stores by p", { vjp: (_t, u, p, w, outU, outP) => { outU.set([-p[0] * Math.cos(u[0]) * w[1], w[0]]); outP[0] = -Math.sin(u[0]) * w[1]; } }, "adds by p"],
    ["a vjp that adds by u", { vjp: (_t, u, p, w, outU, outP) => { outU[0] -= p[0] * Math.cos(u[0]) * w[1]; outU[1] += w[0]; outP[0] -= Math.sin(u[0]) * w[1]; } }, "vjp is the transpose"],
    ["a transposed jacobian", { jacobian: (_t, u, p, out) => out.set([0, -p[0] * Math.cos(u[0]), 1, 0]) }, "jacobian is"],
    ["an entry beyond the end", { vjp: (t, u, p, w, outU, outP) => { right.vjp!(t, u, p, w, outU, outP); new Float64Array(outU.buffer)[3] = 0; } }, "vjp is the transpose"],
  ] as [string, Partial<VectorFieldOptions>, string][])("catches %s", (_what, changes, name) => {
    expect(failing(changes)).toContain(name);
  });

  test("catches a component that depends on one outside of the stated band", () => {
    expect(failing({ bandwidth: { lower: 1, upper: 1 } })).toBe("");
    expect(failing({ bandwidth: { lower: 0, upper: 1 } })).toContain("no component depends");
  });

  test("catches a value that is not finite, and one that is not repeated", () => {
    expect(failing({}, (_t, u, _p, out) => out.set([u[1], NaN]))).toContain("finite");
    let calls = 0;
    expect(failing({}, (_t, u, _p, out) => out.set([u[1], calls++]))).toContain("the same each time");
  });
});
