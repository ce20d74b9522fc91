// Time of one gradient of a trajectory by all parameters, against their number: `npm run bench -- gradient`.
import { resolveBackend } from "@fluxion/autodiff";
import { gradientCostFigure, type GradientCostSeries } from "@fluxion/cli";
import { lagrangianNN, structuredLagrangianNN } from "@fluxion/lnn";
import { mlp, type DynamicsModel, type Network } from "@fluxion/nn-core";
import { secondOrderNeuralODE } from "@fluxion/node";
import { fromConfig, linearize, odeProblem, rk4 } from "@fluxion/ode-core";
import { sensealgs } from "@fluxion/sensitivity";
import { currentSetting, inOwnProcesses, measure, printTable, short, writeResult } from "./harness.ts";

const models: Readonly<Record<string, (network: Network) => DynamicsModel>> = {
  structuredLagrangianNN: (network) => structuredLagrangianNN({ coordinates: 2, angles: [0, 1], network }),
  lagrangianNN: (network) => lagrangianNN({ coordinates: 2, angles: [0, 1], network }),
  secondOrderNeuralODE: (network) => secondOrderNeuralODE({ coordinates: 2, angles: [0, 1], network }),
};

/** Widths of both hidden layers. The cost of the last two algorithms grows with the number of parameters. */
const widths: Readonly<Record<keyof typeof sensealgs, readonly number[]>> = {
  discreteAdjoint: [4, 10, 24, 60, 138],
  gaussAdjoint: [4, 10, 24, 60, 138],
  interpolatingAdjoint: [4, 10, 24, 60, 138],
  forwardSensitivity: [4, 7, 10],
  finiteDifference: [4, 7, 10],
};

/** One measurement. */
interface Row {
  readonly model: string;
  readonly sensealg: string;
  readonly parameters: number;
  readonly ms: number;
  readonly us_per_parameter: number;
}

const saveAt = Array.from({ length: 11 }, (_, k) => k / 10);

/** One trajectory on [0, 1] by RK4 in steps of 0.05, and the gradient of the squares at 11 times. */
function gradient(model: DynamicsModel, sensealg: keyof typeof sensealgs): () => void {
  const problem = odeProblem(model, [0.4, -0.3, 0.2, 0.5], [0, 1], model.init(1));
  const algorithm = fromConfig(sensealgs, { name: sensealg });
  return () => {
    const { solution, pull } = linearize(problem, rk4(), { dt: 0.05, saveAt, sensealg: algorithm });
    pull([...solution.u]);
  };
}

interface Part {
  readonly name: string;
  readonly sensealg: keyof typeof sensealgs;
  readonly width: number;
}

function measurePart({ name, sensealg, width }: Part): Row {
  const model = models[name](mlp({ hidden: [width, width] }));
  const ms = measure(gradient(model, sensealg));
  return { model: name, sensealg, parameters: model.paramCount, ms, us_per_parameter: (1000 * ms) / model.paramCount };
}

const parts = Object.keys(models).flatMap((name) => (Object.keys(widths) as Part["sensealg"][]).flatMap((sensealg) => widths[sensealg].map((width): Part => ({ name, sensealg, width }))));
const passes = await inOwnProcesses(parts.map((part) => JSON.stringify(part)), 4, (part) => measurePart(JSON.parse(part) as Part), () => null);
const rows = passes.map((all) => all.reduce((least, row) => (row.ms < least.ms ? row : least)));

const series = Object.keys(models).flatMap((model) =>
  Object.keys(widths).map((sensealg): GradientCostSeries => {
    const own = rows.filter((row) => row.model === model && row.sensealg === sensealg);
    return { model, sensealg, parameters: own.map((row) => row.parameters), milliseconds: own.map((row) => row.ms) };
  }),
);
printTable(["model", "sensealg", "parameters", "ms", "us per parameter"], rows.map((row) => [row.model, row.sensealg, String(row.parameters), short(row.ms), short(row.us_per_parameter)]));
writeResult("gradient.json", `${JSON.stringify({ rows, backend: resolveBackend().name, ...currentSetting() }, null, 2)}\n`);
writeResult("gradient.svg", gradientCostFigure(series));
