import { line, ruleX, text } from "@observablehq/plot";
import { logAxis } from "./log-axis.ts";
import { colorAt, faint } from "./palette.ts";
import { renderFigure } from "./render.ts";
import { thin, type Point } from "./thin.ts";

/** The loss of one model's training run. */
export interface LossSeries {
  readonly model: string;
  readonly step: readonly number[];
  readonly loss: readonly number[];
  /** The step at which each stage of the curriculum starts, the first included. */
  readonly stageStarts: readonly number[];
}

interface Boundary {
  readonly x: number;
  readonly color: string;
  readonly label: string;
}

/** Where a later stage starts: one rule when all models agree on the step, else one in the colour of each model. */
function boundaries(series: readonly LossSeries[]): readonly Boundary[] {
  return series.flatMap(({ stageStarts }, index) =>
    stageStarts.flatMap((x, stage) => {
      const shared = series.every((other) => other.stageStarts[stage] === x);
      if (stage === 0 || (shared && index > 0)) return [];
      return [{ x, color: shared ? faint : colorAt(index), label: shared ? `stage ${stage + 1}` : "" }];
    }),
  );
}

const positive = (value: number): number => (value > 0 ? value : Number.NaN);

/** Geometric means over short runs of steps, so that the trend of a noisy loss shows. */
function smooth(step: readonly number[], loss: readonly number[]): readonly Point[] {
  const run = Math.max(1, Math.ceil(step.length / 240));
  return Array.from({ length: Math.ceil(step.length / run) }, (_, bin) => {
    const logs = loss.slice(bin * run, (bin + 1) * run).map((value) => Math.log(positive(value))).filter(Number.isFinite);
    const middle = Math.min(bin * run + Math.floor(run / 2), step.length - 1);
    return { x: step[middle], y: Math.exp(logs.reduce((sum, value) => sum + value, 0) / logs.length) };
  });
}

/** The training loss of each model against the step on a logarithmic scale, each as a smoothed line over the raw one, with the starts of the curriculum's stages. */
export function lossFigure(series: readonly LossSeries[]): string {
  const rules = boundaries(series);
  return renderFigure(
    {
      x: { label: "training step", labelArrow: "none", labelAnchor: "center", ticks: 6 },
      y: { label: "training loss", labelArrow: "none", labelAnchor: "center", grid: true, ...logAxis(series.flatMap(({ loss }) => loss)) },
      marks: [
        ruleX(rules, { x: "x", stroke: "color", strokeWidth: 1, strokeDasharray: "3,3" }),
        text(rules, { x: "x", text: "label", frameAnchor: "top", textAnchor: "start", dx: 4, dy: 2, fill: faint, fontSize: 11 }),
        ...series.flatMap(({ step, loss }, index) => {
          const style = { x: "x", y: "y", stroke: colorAt(index), strokeLinejoin: "round" } as const;
          return [
            line(thin(step, loss.map(positive), 360), { ...style, strokeWidth: 0.75, strokeOpacity: 0.4 }),
            line(smooth(step, loss), { ...style, strokeWidth: 1.8 }),
          ];
        }),
      ],
    },
    {
      name: "loss",
      description: `Training loss of ${series.map(({ model }) => model).join(" and ")} against the training step`,
      legend: series.map(({ model }, index) => ({ label: model, color: colorAt(index) })),
    },
  );
}
