import { dot, line, text, type SymbolType } from "@observablehq/plot";
import { logAxis } from "./log-axis.ts";
import { renderFigure, textWidth, type FigureFrame } from "./render.ts";
import { spread } from "./spread.ts";

/** A line through points, with its name beside its end. */
export interface LabelledLine {
  readonly label: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly color: string;
  readonly dash: string;
  /** The shape of the points. Default: circles. */
  readonly symbol?: SymbolType;
}

/** What {@link labelledLines} shows. */
export interface LabelledLinesOptions {
  readonly lines: readonly LabelledLine[];
  readonly xLabel: string;
  readonly yLabel: string;
  /** Smaller `x` to the right. Default false. */
  readonly reverse?: boolean;
}

const height = 400;
const labelHeight = 14;

/** Lines against logarithmic axes, each with its name at the right in place of a legend. */
export function labelledLines({ lines, xLabel, yLabel, reverse = false }: LabelledLinesOptions, frame: Omit<FigureFrame, "legend">): string {
  const axis = logAxis(lines.flatMap(({ y }) => y));
  const margins = { marginTop: 24, marginBottom: 44, marginRight: 36 + Math.max(0, ...lines.map(({ label }) => textWidth(label))) };
  const plotHeight = height - margins.marginTop - margins.marginBottom;
  const pixelOf = (value: number): number => (Math.log(axis.domain[1] / value) / Math.log(axis.domain[1] / axis.domain[0])) * plotHeight;
  const places = spread(lines.map(({ y }) => pixelOf(y[y.length - 1])), labelHeight, 0, plotHeight);
  return renderFigure(
    {
      ...margins,
      height,
      x: { label: xLabel, labelArrow: "none", labelAnchor: "center", ...logAxis(lines.flatMap(({ x }) => x)), reverse },
      y: { label: yLabel, labelArrow: "none", labelAnchor: "center", grid: true, ...axis },
      marks: lines.flatMap(({ label, x, y, color, dash, symbol = "circle" }, i) => {
        const points = x.map((value, k) => ({ x: value, y: y[k] }));
        return [
          line(points, { x: "x", y: "y", stroke: color, strokeWidth: 1.6, strokeDasharray: dash }),
          dot(points, { x: "x", y: "y", fill: color, r: 3, symbol }),
          dot([0], { frameAnchor: "top-right", dx: 16, dy: places[i], fill: color, r: 3.5, symbol }),
          text([label], { frameAnchor: "top-right", textAnchor: "start", lineAnchor: "middle", dx: 25, dy: places[i] }),
        ];
      }),
    },
    { ...frame, legend: [] },
  );
}
