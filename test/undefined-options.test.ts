// An option that is `undefined` is one that is left out: for the compiler, `exactOptionalPropertyTypes` or not, and for the function.
import { compile, compileScalar, mul, neg, sum, tracedEvent, tracedField, type CompileOptions, type TargetOptions, type TracedEventOptions, type TracedFieldOptions } from "@fluxion/autodiff";
import { hamiltonianNN, hnnModels, type HamiltonianNNOptions } from "@fluxion/hnn";
import { lagrangianModel, lagrangianNN, lnnModels, structuredLagrangianNN, type LagrangianModelParts, type LagrangianNNOptions, type StructuredLagrangianNNOptions } from "@fluxion/lnn";
import { adam, constantRate, cosine, dense, dynamicsModel, huber, meanSquaredError, mlp, type AdamOptions, type DenseOptions, type DynamicsModel, type DynamicsModelParts, type MlpOptions } from "@fluxion/nn-core";
import { neuralODE, nodeModels, secondOrderNeuralODE, type NeuralODEOptions, type SecondOrderNeuralODEOptions } from "@fluxion/node";
import {
  autoSwitch, continuousCallback, discreteCallback, ensemble, explicitRk, odeProblem, piController, presetTimeCallback, radauIIA5, remake, rk4, rodas5P, solve, trbdf2, tsit5, vectorField,
  type Algorithm, type AutoSwitchOptions, type Callback, type ContinuousCallbackOptions, type DiscreteCallbackOptions, type EnsembleOptions, type ExplicitRkOptions, type NewtonOptions, type OdeProblemOptions, type PiControllerOptions, type ProblemChanges,
  type PresetTimeCallbackOptions, type RadauIIA5Options, type RosenbrockOptions, type SolveOptions, type VectorField, type VectorFieldOptions,
} from "@fluxion/ode-core";
import { finiteDifference, gaussAdjoint, type FiniteDifferenceOptions, type GaussAdjointOptions } from "@fluxion/sensitivity";
import { doublePendulum, massSpring, pendulum, type DoublePendulumOptions, type MassSpringOptions, type MechanicalSystem, type PendulumOptions } from "@fluxion/systems";
import { checkGrads, type CheckGradsOptions } from "@fluxion/testkit";
import { ensembleThreads, trajectoryLossThreads, type EnsembleThreadsOptions, type TrajectoryLossThreadsOptions } from "@fluxion/threads";
import { decodeModel, derivativeLoss, encodeModel, fit, lbfgs, leastSquares, makeModel, minibatches, trajectoryLoss, trajectoryResiduals, type DecodeModelOptions, type DerivativeSample, type FitOptions, type LbfgsOptions, type LeastSquaresOptions, type MakeModelOptions, type MinibatchOptions, type Stage, type TrajectoryLossOptions, type TrajectoryResidualsOptions } from "@fluxion/train";
import { Node, Project, SyntaxKind, type PropertySignature } from "ts-morph";
import { describe, expect, test } from "vitest";
import { root } from "./workspace.ts";

const decay = odeProblem((_t, u, p, out) => void (out[0] = -p[0] * u[0]), [1], [0, 1], [2]);
const traced = tracedField((_t, u) => neg(u), { dim: 1 });
const tableau = rk4().tableau!;
const model = dynamicsModel({ name: "decay", dim: 1, layer: { params: { k: [] }, init: ({ k }) => void (k.data[0] = 2) }, rhs: (_t, u, { k }) => mul(neg(k), u) });
const trajectories = [{ t: Float64Array.of(0, 0.5, 1), u: [1, 0.5, 0.2].map((x) => Float64Array.of(x)) }];
const config = { model: { name: "neuralODE", dim: 1 }, network: { name: "mlp", hidden: [2] } };
const matched = { model, trajectories, algorithm: tsit5(), sensealg: finiteDifference() };

const ends = (algorithm: Algorithm): unknown => solve(decay, algorithm, { adaptive: true }).u;
const saved = (callback: Callback): unknown => solve(decay, tsit5(), { callback }).t;
const slopeOf = (field: VectorField): Float64Array => {
  const out = new Float64Array(field.dim);
  field.bind(new Float64Array(field.paramCount).fill(0.5)).rhs(0, Float64Array.from(out, (_, i) => 0.3 + i), out);
  return out;
};
const modelData = (made: DynamicsModel): unknown => [made.structure, made.init(1), slopeOf(made), made.energy?.(new Float64Array(made.dim).fill(0.2), made.init(1))];
const systemData = ({ field, energy }: MechanicalSystem): unknown => [slopeOf(field), energy(slopeOf(field))];
const rejected = async (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => (error as Error).message);

/** The options of `T` that may be left out, not left out. */
type None<T> = { readonly [K in keyof T as undefined extends T[K] ? K : never]: undefined };
/** What the function makes of them, as something to compare. */
const use = <T>(call: (none: None<T>) => unknown): ((none: object) => unknown) => call as (none: object) => unknown;

const listed: Readonly<Record<string, (none: object) => unknown>> = {
  TargetOptions: use<TargetOptions>((none) => compileScalar((u) => sum(u), 2, 0, none)(Float64Array.of(1, 2), new Float64Array(0))),
  CompileOptions: use<CompileOptions>((none) => {
    const out = Float64Array.of(5);
    compile((x) => mul(x, x), [[]], none)([Float64Array.of(3)], [out]);
    return out;
  }),
  TracedFieldOptions: use<TracedFieldOptions>((none) => slopeOf(tracedField((_t, u) => neg(u), { ...none, dim: 2 }))),
  TracedEventOptions: use<TracedEventOptions>((none) => tracedEvent({ ...none, dim: 2, condition: (_t, u) => sum(u) }).condition(0, Float64Array.of(1, 2), new Float64Array(0))),
  HamiltonianNNOptions: use<HamiltonianNNOptions>((none) => modelData(hamiltonianNN({ ...none, coordinates: 1 }))),
  LagrangianModelParts: use<LagrangianModelParts<{}>>((none) => modelData(lagrangianModel({ ...none, name: "free", coordinates: 1, layer: { params: {}, init: () => undefined }, lagrangian: (_q, v) => sum(mul(v, v)) }))),
  LagrangianNNOptions: use<LagrangianNNOptions>((none) => modelData(lagrangianNN({ ...none, coordinates: 1 }))),
  StructuredLagrangianNNOptions: use<StructuredLagrangianNNOptions>((none) => modelData(structuredLagrangianNN({ ...none, coordinates: 1 }))),
  AdamOptions: use<AdamOptions>((none) => {
    const p = Float64Array.of(1, 2);
    adam(none).start(2).update(p, Float64Array.of(0.1, 3), 0.1);
    return p;
  }),
  DenseOptions: use<DenseOptions>((none) => dense(2, 3, none).params),
  DynamicsModelParts: use<DynamicsModelParts<{}>>((none) => modelData(dynamicsModel({ ...none, name: "decay", dim: 1, layer: { params: {}, init: () => undefined }, rhs: (_t, u) => neg(u) }))),
  huber: use<NonNullable<Parameters<typeof huber>[0]>>((none) => compileScalar((r) => sum(huber(none).penalty(r)), 2, 0)(Float64Array.of(0.3, 4), new Float64Array(0))),
  MlpOptions: use<MlpOptions>((none) => modelData(neuralODE({ dim: 2, network: mlp(none) }))),
  constantRate: use<NonNullable<Parameters<typeof constantRate>[0]>>((none) => constantRate(none).rate(1, 3)),
  cosine: use<NonNullable<Parameters<typeof cosine>[0]>>((none) => cosine(none).rate(1, 3)),
  NeuralODEOptions: use<NeuralODEOptions>((none) => modelData(neuralODE({ ...none, dim: 2 }))),
  SecondOrderNeuralODEOptions: use<SecondOrderNeuralODEOptions>((none) => modelData(secondOrderNeuralODE({ ...none, coordinates: 1 }))),
  AutoSwitchOptions: use<AutoSwitchOptions>((none) => ends(autoSwitch(tsit5(), trbdf2(), none))),
  ContinuousCallbackOptions: use<ContinuousCallbackOptions>((none) => saved(continuousCallback({ ...none, condition: (_t, u) => u[0] - 0.5 }))),
  DiscreteCallbackOptions: use<DiscreteCallbackOptions>((none) => saved(discreteCallback({ ...none, condition: (t) => t > 0.5 }))),
  PresetTimeCallbackOptions: use<PresetTimeCallbackOptions>((none) => saved(presetTimeCallback({ ...none, times: [0.5], affect: ({ u }) => void u.fill(1) }))),
  PiControllerOptions: use<PiControllerOptions>((none) => ends({ ...tsit5(), controller: () => piController({ ...none, beta1: 0.14, beta2: 0.08 }) })),
  NewtonOptions: use<NewtonOptions>((none) => ends(trbdf2(none))),
  RadauIIA5Options: use<RadauIIA5Options>((none) => ends(radauIIA5(none))),
  RosenbrockOptions: use<RosenbrockOptions>((none) => ends(rodas5P(none))),
  EnsembleOptions: use<Omit<EnsembleOptions, "parameters" | "prob">>((none) => ensemble(decay, tsit5(), { ...none, trajectories: 2, parameters: (i) => [i] }).map((one) => one.ok && one.value.u)),
  ExplicitRkOptions: use<ExplicitRkOptions>((none) => solve(decay, explicitRk("mine", 4, tableau, none), { dt: 0.1 }).u),
  OdeProblemOptions: use<OdeProblemOptions>((none) => odeProblem(decay.f, [1], [0, 1], [2], none)),
  ProblemChanges: use<ProblemChanges>((none) => remake(decay, none)),
  SolveOptions: use<SolveOptions>((none) => {
    const { t, u, at } = solve(decay, tsit5(), none);
    return [t, u, at(0.3)];
  }),
  VectorFieldOptions: use<VectorFieldOptions>((none) => {
    const { bind: _, ...data } = vectorField((_t, u, _p, out) => out.set(u), { ...none, dim: 2 });
    return data;
  }),
  FiniteDifferenceOptions: use<FiniteDifferenceOptions>((none) => solve(decay, tsit5(), { saveAt: [1], sensealg: finiteDifference(none) }).pull([Float64Array.of(1)])),
  ReverseTolerances: use<GaussAdjointOptions>((none) => solve(odeProblem(traced, [1], [0, 1]), tsit5(), { saveAt: [1], sensealg: gaussAdjoint(none) }).pull([Float64Array.of(1)])),
  DoublePendulumOptions: use<DoublePendulumOptions>((none) => systemData(doublePendulum(none))),
  MassSpringOptions: use<MassSpringOptions>((none) => systemData(massSpring(none))),
  PendulumOptions: use<PendulumOptions>((none) => systemData(pendulum(none))),
  CheckGradsOptions: use<CheckGradsOptions>((none) => checkGrads((x) => sum(mul(x, x)), [[1, 2]], none)),
  EnsembleThreadsOptions: use<EnsembleThreadsOptions>((none) => rejected(ensembleThreads("data:text/javascript,", { ...none, trajectories: 1 }))),
  TrajectoryLossThreadsOptions: use<TrajectoryLossThreadsOptions>((none) => rejected(trajectoryLossThreads("data:text/javascript,", { ...none, threads: 1 }))),
  MakeModelOptions: use<MakeModelOptions>((none) => modelData(makeModel(config, none))),
  DecodeModelOptions: use<Pick<DecodeModelOptions, "what">>((none) => {
    const made = makeModel(config);
    const { json, weights } = encodeModel({ config, columns: ["x"], model: made, p: made.init(1) }, "weights");
    return modelData(decodeModel(json, weights, none).model);
  }),
  DerivativeSample: use<DerivativeSample>((none) => derivativeLoss({ model, loss: meanSquaredError(), samples: [{ ...none, u: Float64Array.of(1), du: Float64Array.of(2) }] })(Float64Array.of(1)).loss),
  Stage: use<Stage>(async (none) => (await fit({ model, trajectories, algorithm: tsit5(), sensealg: gaussAdjoint(), start: model.init(1), stages: [{ ...none, steps: 2, schedule: constantRate() }] })).state),
  TrainingOptions: use<FitOptions>(async (none) => (await fit({ ...none, model, trajectories, algorithm: tsit5(), sensealg: gaussAdjoint(), start: model.init(1), stages: [{ steps: 2, schedule: constantRate() }] })).state),
  TrajectoryFit: use<Pick<TrajectoryLossOptions, "solver" | "sigma" | "initialState"> & { readonly loss?: undefined }>(async (none) => (await fit({ ...none, model, trajectories, algorithm: tsit5(), sensealg: gaussAdjoint(), start: model.init(1), stages: [{ steps: 2, schedule: constantRate() }] })).state),
  MinibatchOptions: use<MinibatchOptions>((none) => [0, 1, 2].map((step) => minibatches([() => ({ loss: 0, gradient: [] }), () => ({ loss: 1, gradient: [] }), () => ({ loss: 2, gradient: [] })], none)(new Float64Array(0), Infinity, step).loss)),
  LbfgsOptions: use<LbfgsOptions>(async (none) => (await lbfgs({ ...none, evaluate: ([x]) => ({ loss: x * x + x ** 4, gradient: Float64Array.of(2 * x + 4 * x ** 3) }), start: [1.7] })).p),
  LeastSquaresOptions: use<LeastSquaresOptions>(async (none) => (await leastSquares({ ...none, evaluate: trajectoryResiduals(matched), start: [1.7] })).p),
  MatchingOptions: use<TrajectoryResidualsOptions>((none) => trajectoryResiduals({ ...none, ...matched })(model.init(1)).residuals),
  TrajectoryLossOptions: use<TrajectoryLossOptions>((none) => trajectoryLoss({ ...none, model, trajectories, loss: meanSquaredError(), algorithm: tsit5(), sensealg: gaussAdjoint() })(model.init(1)).loss),
};
/** Models that are not listed are such as `npm run new` makes: whoever changes what one needs lists it. */
const models: readonly (readonly [string, unknown])[] = Object.entries({ ...hnnModels, ...lnnModels, ...nodeModels });
const uses = {
  ...Object.fromEntries(models.map(([name, make]) => [`${name[0].toUpperCase()}${name.slice(1)}Options`, (none: object) => modelData((make as (options: object) => DynamicsModel)({ ...none, dim: 2 }))])),
  ...listed,
};
/** Of functions that declare suites: what they take apart has its defaults there. */
const ofSuites = ["TestAlgorithmOptions", "TestSensealgOptions", "TestVectorFieldOptions"];

/** Types that are options without the word in their names. */
const isOptions = (name: string): boolean => /Options$|Parts$|Changes$|Tolerances$/.test(name) || ["TrajectoryFit", "Stage", "DerivativeSample"].includes(name);
const isRefused = (type: string): boolean => type === "undefined" || type === "never";

/** What may be left out of an exported type of options, or of those that an exported function has no name for, by that type or function. */
function optionalOf(project: Project): Map<string, PropertySignature[]> {
  const found = new Map<string, PropertySignature[]>();
  for (const property of project.getSourceFiles().flatMap((file) => file.getDescendantsOfKind(SyntaxKind.PropertySignature))) {
    const owner = property.getAncestors().find((node) => Node.isInterfaceDeclaration(node) || Node.isTypeAliasDeclaration(node) || Node.isFunctionDeclaration(node));
    if (!owner?.isExported() || !property.hasQuestionToken() || isRefused(property.getTypeNode()!.getText())) continue;
    const name = owner.getName()!;
    if (Node.isFunctionDeclaration(owner) || isOptions(name)) found.set(name, [...(found.get(name) ?? []), property]);
  }
  return found;
}
const takesUndefined = (property: PropertySignature): boolean => /(^unknown|\bundefined)$/.test(property.getTypeNode()!.getText());

const project = new Project({ compilerOptions: { noLib: true, types: [] }, skipFileDependencyResolution: true, skipAddingFilesFromTsConfig: true });
project.addSourceFilesAtPaths([`${root}/packages/*/src/**/*.ts`, `!${root}/packages/{cli,tools}/**`, `!${root}/packages/*/src/**/*.test.ts`]);
const optional = optionalOf(project);

describe("an option that is undefined", () => {
  test("is allowed by its type", () => {
    expect([...optional].flatMap(([name, properties]) => properties.filter((property) => !takesUndefined(property)).map((property) => `${name}: ${property.getText()}`))).toEqual([]);
  });

  test("is looked for in all types of options", () => {
    expect([...optional.keys()].toSorted()).toEqual([...Object.keys(uses), ...ofSuites].toSorted());
  });

  test.each(Object.keys(uses))("is one that is left out, of %s", async (name) => {
    const none = Object.fromEntries(optional.get(name)!.map((property) => [property.getName(), undefined]));
    expect(Object.keys(none).length).toBeGreaterThan(0);
    expect(await uses[name](none)).toEqual(await uses[name]({}));
  });
});
