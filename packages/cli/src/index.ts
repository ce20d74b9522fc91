export { energyFigure, type EnergyFigureOptions } from "./figures/energy-figure.ts";
export { gradientCostFigure, type GradientCostSeries } from "./figures/gradient-cost-figure.ts";
export { lossFigure, type LossSeries } from "./figures/loss-figure.ts";
export type { EnergySeries, RolloutSeries } from "./figures/rollout.ts";
export { trajectoryFigure, type TrajectoryFigureOptions } from "./figures/trajectory-figure.ts";
export { workPrecisionFigure, type WorkPrecisionOptions, type WorkPrecisionSeries } from "./figures/work-precision-figure.ts";
export { reportHtml, type ModelMetrics, type ReportFigure, type ReportOptions, type RunMetrics } from "./report.ts";
