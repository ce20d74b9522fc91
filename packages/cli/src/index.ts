export {
  energyFigure,
  gradientCostFigure,
  lossFigure,
  trajectoryFigure,
  type EnergyFigureOptions,
  type GradientCostSeries,
  type LossSeries,
  type RolloutSeries,
  type TrajectoryFigureOptions,
} from "./figures.ts";
export { progressBar, type Progress, type ProgressBar, type ProgressStream } from "./progress-bar.ts";
export { reportHtml, type ModelMetrics, type ReportFigure, type ReportOptions, type RunMetrics } from "./report.ts";
