import { line, text } from "@observablehq/plot";
import { colorAt, dashAt, ink } from "./palette.ts";
import { renderFigure } from "./render.ts";
import { rangeAround, type RolloutSeries } from "./rollout.ts";
import { thin } from "./thin.ts";

/** What {@link trajectoryFigure} shows. */
export interface TrajectoryFigureOptions {
  readonly truth: RolloutSeries;
  readonly models: readonly RolloutSeries[];
  /** Last time shown, in s. */
  readonly until: number;
}

const angles = ["q₁", "q₂"];

/** The two angles of the double pendulum over time: each model's prediction over the truth. */
export function trajectoryFigure({ truth, models, until }: TrajectoryFigureOptions): string {
  const shown = ({ t, u }: RolloutSeries, angle: number): { t: readonly number[]; q: readonly number[] } => {
    const rows = u.filter((_, k) => t[k] <= until);
    return { t: t.slice(0, rows.length), q: rows.map((row) => row[angle]) };
  };
  const values = (series: RolloutSeries): readonly number[] => angles.flatMap((_, angle) => shown(series, angle).q);
  const curve = (series: RolloutSeries, stroke: string, strokeWidth: number, strokeDasharray: string): ReturnType<typeof line>[] =>
    angles.map((fy, angle) => {
      const { t, q } = shown(series, angle);
      return line(thin(t, q, 320), { x: "x", y: "y", fy: () => fy, stroke, strokeWidth, strokeDasharray, strokeLinejoin: "round", clip: true });
    });
  const name = `trajectory-${until}`;
  return renderFigure(
    {
      height: 400,
      x: { label: "time (s)", labelArrow: "none", labelAnchor: "center", domain: [0, until], ticks: 6 },
      y: { label: "angle (rad)", labelArrow: "none", labelAnchor: "center", grid: true, ticks: 5, domain: rangeAround(values(truth), models.flatMap(values), 0.5) },
      fy: { label: null, axis: null, padding: 0.12 },
      marks: [
        ...curve(truth, ink, 4, "none"),
        ...models.flatMap((model, index) => curve(model, colorAt(index), 1.6, dashAt(index))),
        text(angles, { fy: (angle: string) => angle, text: (angle: string) => angle, frameAnchor: "top-right", dx: -4, dy: 2, fontSize: 14, fontWeight: 600 }),
      ],
    },
    {
      name,
      description: `Angles q1 and q2 of the truth and of ${models.map(({ model }) => model).join(" and ")} up to ${until} s`,
      legend: [{ label: truth.model, color: ink, width: 4 }, ...models.map(({ model }, index) => ({ label: model, color: colorAt(index), dash: dashAt(index) }))],
    },
  );
}
