import { line, text } from "@observablehq/plot";
import { colorAt, dashAt, ink } from "./palette.ts";
import { renderFigure } from "./render.ts";
import { legendOf, rangeAround, type RolloutSeries } from "./rollout.ts";
import { thin } from "./thin.ts";

/** What {@link trajectoryFigure} shows. */
export interface TrajectoryFigureOptions {
  /** The true motion. */
  readonly truth: RolloutSeries;
  /** What each model predicts. */
  readonly models: readonly RolloutSeries[];
  /** Names of the state's first entries: each gets a panel. */
  readonly columns: readonly string[];
  /** Time shown, in s, from the first of the truth on. */
  readonly until: number;
}

/** Entries of the state over time: each model's prediction over the truth. */
export function trajectoryFigure({ truth, models, columns, until }: TrajectoryFigureOptions): string {
  const [from] = truth.t;
  const shown = ({ t, u }: RolloutSeries, entry: number): { t: readonly number[]; q: readonly number[] } => {
    const rows = u.filter((_, k) => t[k] - from <= until * (1 + 1e-9));
    return { t: t.slice(0, rows.length), q: rows.map((row) => row[entry]) };
  };
  const values = (series: RolloutSeries): readonly number[] => columns.flatMap((_, entry) => shown(series, entry).q);
  const curve = (series: RolloutSeries, stroke: string, strokeWidth: number, strokeDasharray: string): ReturnType<typeof line>[] =>
    columns.map((fy, entry) => {
      const { t, q } = shown(series, entry);
      return line(thin(t, q, 320), { x: "x", y: "y", fy: () => fy, stroke, strokeWidth, strokeDasharray, strokeLinejoin: "round", clip: true });
    });
  const name = `trajectory-${until}`;
  return renderFigure(
    {
      height: 60 + 170 * columns.length,
      x: { label: "time (s)", labelArrow: "none", labelAnchor: "center", domain: [from, from + until], ticks: 6 },
      y: { label: "state", labelArrow: "none", labelAnchor: "center", grid: true, ticks: 5, domain: rangeAround(values(truth), models.flatMap(values), 0.5) },
      fy: { label: null, axis: null, padding: 0.12, domain: columns },
      marks: [
        ...curve(truth, ink, 4, "none"),
        ...models.flatMap((model, index) => curve(model, colorAt(index), 1.6, dashAt(index))),
        text(columns, { fy: (column: string) => column, text: (column: string) => column, frameAnchor: "top-right", dx: -4, dy: 2, fontSize: 14, fontWeight: 600 }),
      ],
    },
    {
      name,
      description: `${columns.join(", ")} of the truth and of ${models.map(({ model }) => model).join(" and ")} over ${until} s`,
      legend: legendOf(truth, models),
    },
  );
}
