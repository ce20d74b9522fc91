import { line } from "@observablehq/plot";
import { colorAt, dashAt, ink } from "./palette.ts";
import { renderFigure } from "./render.ts";
import { legendOf, rangeAround, type EnergySeries } from "./rollout.ts";
import { thin } from "./thin.ts";

/** What {@link energyFigure} shows. */
export interface EnergyFigureOptions {
  /** The true motion. */
  readonly truth: EnergySeries;
  /** What each model predicts. */
  readonly models: readonly EnergySeries[];
}

/** The true energy along each trajectory over time: a straight line for a model that conserves it. */
export function energyFigure({ truth, models }: EnergyFigureOptions): string {
  const curve = ({ t, energy }: EnergySeries, stroke: string, strokeWidth: number, strokeDasharray: string): ReturnType<typeof line> =>
    line(thin(t, energy, 360), { x: "x", y: "y", stroke, strokeWidth, strokeDasharray, strokeLinejoin: "round", clip: true });
  return renderFigure(
    {
      x: { label: "time (s)", labelArrow: "none", labelAnchor: "center", ticks: 6 },
      y: { label: "energy (J)", labelArrow: "none", labelAnchor: "center", grid: true, ticks: 6, domain: rangeAround(truth.energy, models.flatMap(({ energy }) => energy), 20) },
      marks: [curve(truth, ink, 4, "none"), ...models.map((model, index) => curve(model, colorAt(index), 1.6, dashAt(index)))],
    },
    {
      name: "energy",
      description: `Energy of the truth and of ${models.map(({ model }) => model).join(" and ")} over time`,
      legend: legendOf(truth, models),
    },
  );
}
