// What the options of functions must not be: the compiler refuses each line, or `@ts-expect-error` would, and so does the function.
import { compile, tracedField } from "@fluxion/autodiff";
import { lagrangianNN } from "@fluxion/lnn";
import { adam, losses, meanSquaredError, mlp } from "@fluxion/nn-core";
import { algorithms, continuousCallback, ensemble, fromConfig, init, odeProblem, piController, rodas4, solve, solveAsync, tsit5, vectorField, type EnsembleOptions, type LinearizeOptions, type OdeSolution, type SensitivityAlgorithm, type SolveOptions, type TrajectoryResult } from "@fluxion/ode-core";
import { discreteAdjoint, finiteDifference, gaussAdjoint, sensealgs } from "@fluxion/sensitivity";
import { expect, test } from "vitest";

const decay = odeProblem((_t, u, p, out) => void (out[0] = -p[0] * u[0]), [1], [0, 1], [2]);
const parameters = (i: number): number[] => [i];
const prob = (): typeof decay => decay;

/** Options that perhaps are those of a solve that is differentiated. */
interface EitherOptions extends SolveOptions {
  readonly sensealg?: SensitivityAlgorithm;
}
const either = (): EitherOptions => ({ saveAt: [1], sensealg: finiteDifference() });

const wrong: Readonly<Record<string, () => unknown>> = {
  // @ts-expect-error a function without options
  tsit5: () => tsit5({ reltol: 1e-8 }),
  // @ts-expect-error
  rodas4: () => rodas4({ autonomus: true }),
  // @ts-expect-error
  discreteAdjoint: () => discreteAdjoint({ reltol: 1e-8 }),
  // @ts-expect-error
  gaussAdjoint: () => gaussAdjoint({ rtol: 1e-8 }),
  // @ts-expect-error
  meanSquaredError: () => meanSquaredError({ delta: 1 }),
  // @ts-expect-error
  adam: () => adam({ lr: 0.1 }),
  // @ts-expect-error
  mlp: () => mlp({ width: 3 }),
  // @ts-expect-error
  lagrangianNN: () => lagrangianNN({ coordinates: 2, angle: [0] }),
  // @ts-expect-error
  solve: () => solve(decay, tsit5(), { rtol: 1e-8 }),
  // @ts-expect-error
  odeProblem: () => odeProblem((_t, u, _p, out) => void (out[0] = u[0]), [1], [0, 1], [], { mass: [1] }),
  // @ts-expect-error
  vectorField: () => vectorField((_t, u, _p, out) => void (out[0] = u[0]), { dim: 1, params: 2 }),
  // @ts-expect-error
  tracedField: () => tracedField((_t, u) => u, { dim: 1, paramcount: 3 }),
  // @ts-expect-error
  "tracedField, dtype": () => tracedField((_t, u) => u, { dim: 1, dtype: "f16" }),
  // @ts-expect-error
  compile: () => compile((x) => x, [[1]], { dype: "f32" }),
  // @ts-expect-error
  piController: () => piController({ beta1: 0.1, beta2: 0, qMax: 2 }),
  "piController, NaN": () => piController({ beta1: NaN, beta2: 0 }),
  // @ts-expect-error
  continuousCallback: () => continuousCallback({ condition: (_t, u) => u[0], directon: "rising" }),
  // @ts-expect-error
  "init, sensealg": () => init(decay, tsit5(), either()),
  // @ts-expect-error
  "ensemble, sensealg": () => ensemble(decay, tsit5(), { ...either(), trajectories: 2, parameters }),
  // @ts-expect-error one of the two is needed
  "ensemble, no problems": () => ensemble(decay, tsit5(), { trajectories: 2 }),
  // @ts-expect-error
  "ensemble, problems twice": () => ensemble(decay, tsit5(), { trajectories: 2, parameters, prob }),
  // @ts-expect-error
  "ensemble, a wrong name": () => ensemble(decay, tsit5(), { trajectories: 2, parameters, rtol: 1e-8 }),
  // @ts-expect-error
  "algorithms by name": () => fromConfig(algorithms, { name: "tsit5", reltol: 1e-8 }),
  // @ts-expect-error
  "sensitivity algorithms by name": () => fromConfig(sensealgs, { name: "gaussAdjoint", rtol: 1e-8 }),
};

test.each(Object.entries(wrong))("%s", (_name, call) => {
  expect(call).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
});

test("names alone are configs", () => {
  expect(fromConfig(algorithms, { name: "tsit5" }).name).toBe("tsit5");
  expect(fromConfig(losses, { name: "meanSquaredError" }).name).toBe("meanSquaredError");
  expect(fromConfig(losses, { name: "huber", delta: 2 }).name).toBe("huber");
});

test("a solve that perhaps is a linearization has no type of its own", async () => {
  // @ts-expect-error the result would have no retcode
  expect(solve(decay, tsit5(), either()).retcode).toBe(undefined);
  // @ts-expect-error
  expect(solve(decay, tsit5(), either() as SolveOptions | LinearizeOptions)).toHaveProperty("pull");
  // @ts-expect-error
  await expect(solveAsync(decay, tsit5(), either())).rejects.toMatchObject({ code: "INVALID_OPTION" });
  expect(solve(decay, tsit5(), { sensealg: undefined }).retcode).toBe("success");
});

test("an ensemble keeps solutions unless reduce makes something of them", () => {
  const whole: TrajectoryResult<OdeSolution>[] = ensemble(decay, tsit5(), { trajectories: 2, parameters });
  expect(whole.every((one) => one.ok && one.value.retcode === "success")).toBe(true);
  // @ts-expect-error no reduce makes numbers
  const numbers: TrajectoryResult<number>[] = ensemble<number>(decay, tsit5(), { trajectories: 2, parameters });
  expect(numbers.every((one) => one.ok && typeof one.value === "number")).toBe(false);
  const options: EnsembleOptions<number> = { trajectories: 2, prob };
  // @ts-expect-error
  expect(ensemble(decay, tsit5(), options)).toHaveLength(2);
  const ends: TrajectoryResult<number>[] = ensemble(decay, tsit5(), { ...options, reduce: ({ u }) => u.at(-1)![0] });
  expect(ends.map((one) => one.ok && one.value)).toEqual([expect.closeTo(Math.exp(-2), 5), expect.closeTo(Math.exp(-2), 5)]);
});
