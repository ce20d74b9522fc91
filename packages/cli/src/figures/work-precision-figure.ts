import { labelledLines } from "./labelled-lines.ts";
import { colorAt, dashAt } from "./palette.ts";

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
  /** One per solver. */
  readonly series: readonly WorkPrecisionSeries[];
}

/** The time of a solve against its error, both logarithmic, smaller errors to the right: one labelled line per solver, lower is better. */
export function workPrecisionFigure({ name, problem, series }: WorkPrecisionOptions): string {
  const lines = series.map(({ solver, error, microseconds }, i) => ({ label: solver, x: error, y: microseconds, color: colorAt(i), dash: dashAt(Math.floor(i / 4)) }));
  return labelledLines(
    { lines, xLabel: "error at the end", yLabel: "time per solve (us)", reverse: true },
    { name, description: `Time of one solve of ${problem} against its error, for ${series.map(({ solver }) => solver).join(", ")}` },
  );
}
