import { labelledLines } from "./labelled-lines.ts";
import { colorAt, dashAt } from "./palette.ts";

/** What one gradient costs with one sensitivity algorithm on one model, at growing parameter counts. */
export interface GradientCostSeries {
  readonly model: string;
  readonly sensealg: string;
  readonly parameters: readonly number[];
  /** Time of one gradient in ms. */
  readonly milliseconds: readonly number[];
}

const symbols = ["circle", "square", "triangle", "diamond"] as const;

/** The time of one gradient against the number of parameters, both logarithmic: one labelled line per algorithm and model. */
export function gradientCostFigure(series: readonly GradientCostSeries[]): string {
  const models = [...new Set(series.map(({ model }) => model))];
  const sensealgs = [...new Set(series.map(({ sensealg }) => sensealg))];
  const lines = series.map(({ model, sensealg, parameters, milliseconds }) => {
    const style = models.indexOf(model);
    return { label: `${sensealg} · ${model}`, x: parameters, y: milliseconds, color: colorAt(sensealgs.indexOf(sensealg)), dash: dashAt(style), symbol: symbols[style % symbols.length] };
  });
  return labelledLines(
    { lines, xLabel: "parameters", yLabel: "time per gradient (ms)" },
    { name: "gradient-cost", description: `Time of one gradient against the number of parameters, for ${sensealgs.join(", ")} on ${models.join(", ")}` },
  );
}
