import { dot, line, text } from "@observablehq/plot";
import { logAxis } from "./log-axis.ts";
import { colorAt, dashAt } from "./palette.ts";
import { renderFigure, textWidth } from "./render.ts";
import { spread } from "./spread.ts";

/** What a solver needs for the errors that it makes, at falling tolerances. */
export interface WorkPrecisionSeries {
  readonly solver: string;
  readonly error: readonly number[];
  /** Time of one solve in us. */
  readonly microseconds: readonly number[];
}

/** Options of {@link workPrecisionFigure}. */
export interface WorkPrecisionOptions {
  /** Unique among the figures of a page. */
  readonly name: string;
  /** What is solved, for readers who do not see the figure. */
  readonly problem: string;
  readonly series: readonly WorkPrecisionSeries[];
}

const height = 400;
const labelHeight = 14;

/** The time of a solve against its error, both logarithmic, smaller errors to the right: one labelled line per solver, lower is better. */
export function workPrecisionFigure({ name, problem, series }: WorkPrecisionOptions): string {
  const y = logAxis(series.flatMap(({ microseconds }) => microseconds));
  const x = logAxis(series.flatMap(({ error }) => error));
  const margins = { marginTop: 24, marginBottom: 44, marginRight: 36 + Math.max(0, ...series.map(({ solver }) => textWidth(solver))) };
  const plotHeight = height - margins.marginTop - margins.marginBottom;
  const pixelOf = (value: number): number => (Math.log(y.domain[1] / value) / Math.log(y.domain[1] / y.domain[0])) * plotHeight;
  const labels = spread(series.map(({ microseconds }) => pixelOf(microseconds[microseconds.length - 1])), labelHeight, 0, plotHeight);
  return renderFigure(
    {
      ...margins,
      height,
      x: { label: "error at the end", labelArrow: "none", labelAnchor: "center", ...x, reverse: true },
      y: { label: "time per solve (us)", labelArrow: "none", labelAnchor: "center", grid: true, ...y },
      marks: series.flatMap(({ solver, error, microseconds }, i) => {
        const points = error.map((e, k) => ({ x: e, y: microseconds[k] }));
        const color = colorAt(i);
        return [
          line(points, { x: "x", y: "y", stroke: color, strokeWidth: 1.6, strokeDasharray: dashAt(Math.floor(i / 4)) }),
          dot(points, { x: "x", y: "y", fill: color, r: 3 }),
          dot([0], { frameAnchor: "top-right", dx: 16, dy: labels[i], fill: color, r: 3.5 }),
          text([solver], { frameAnchor: "top-right", textAnchor: "start", lineAnchor: "middle", dx: 25, dy: labels[i] }),
        ];
      }),
    },
    { name, description: `Time of one solve of ${problem} against its error, for ${series.map(({ solver }) => solver).join(", ")}`, legend: [] },
  );
}
