import { dot, line, text } from "@observablehq/plot";
import { logAxis } from "./log-axis.ts";
import { colorAt, dashAt } from "./palette.ts";
import { renderFigure, textWidth } from "./render.ts";
import { spread } from "./spread.ts";

/** What one gradient costs with one sensitivity algorithm on one model, at growing parameter counts. */
export interface GradientCostSeries {
  readonly model: string;
  readonly sensealg: string;
  readonly parameters: readonly number[];
  /** Time of one gradient in ms. */
  readonly milliseconds: readonly number[];
}

const symbols = ["circle", "square", "triangle", "diamond"] as const;
const height = 400;
const labelHeight = 14;

/** The time of one gradient against the number of parameters, both logarithmic: one labelled line per algorithm and model. */
export function gradientCostFigure(series: readonly GradientCostSeries[]): string {
  const models = [...new Set(series.map(({ model }) => model))];
  const sensealgs = [...new Set(series.map(({ sensealg }) => sensealg))];
  const y = logAxis(series.flatMap(({ milliseconds }) => milliseconds));
  const labelOf = ({ sensealg, model }: GradientCostSeries): string => `${sensealg} · ${model}`;
  const margins = { marginTop: 24, marginBottom: 44, marginRight: 36 + Math.max(0, ...series.map((one) => textWidth(labelOf(one)))) };
  const plotHeight = height - margins.marginTop - margins.marginBottom;
  const pixelOf = (value: number): number => (Math.log(y.domain[1] / value) / Math.log(y.domain[1] / y.domain[0])) * plotHeight;
  const ends = series.map(({ milliseconds }) => pixelOf(milliseconds[milliseconds.length - 1]));
  const labels = spread(ends, labelHeight, 0, plotHeight);
  return renderFigure(
    {
      ...margins,
      height,
      x: { label: "parameters", labelArrow: "none", labelAnchor: "center", ...logAxis(series.flatMap(({ parameters }) => parameters)) },
      y: { label: "time per gradient (ms)", labelArrow: "none", labelAnchor: "center", grid: true, ...y },
      marks: series.flatMap((one, index) => {
        const { model, sensealg, parameters, milliseconds } = one;
        const points = parameters.map((x, k) => ({ x, y: milliseconds[k] }));
        const color = colorAt(sensealgs.indexOf(sensealg));
        const style = models.indexOf(model);
        const symbol = symbols[style % symbols.length];
        return [
          line(points, { x: "x", y: "y", stroke: color, strokeWidth: 1.6, strokeDasharray: dashAt(style) }),
          dot(points, { x: "x", y: "y", fill: color, r: 3, symbol }),
          dot([0], { frameAnchor: "top-right", dx: 16, dy: labels[index], fill: color, r: 3.5, symbol }),
          text([labelOf(one)], { frameAnchor: "top-right", textAnchor: "start", lineAnchor: "middle", dx: 25, dy: labels[index] }),
        ];
      }),
    },
    { name: "gradient-cost", description: `Time of one gradient against the number of parameters, for ${sensealgs.join(", ")} on ${models.join(", ")}`, legend: [] },
  );
}
