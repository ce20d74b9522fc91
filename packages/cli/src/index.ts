export {
  energyFigure,
  gradientCostFigure,
  lossFigure,
  trajectoryFigure,
  workPrecisionFigure,
  type EnergyFigureOptions,
  type EnergySeries,
  type GradientCostSeries,
  type LossSeries,
  type RolloutSeries,
  type TrajectoryFigureOptions,
  type WorkPrecisionOptions,
  type WorkPrecisionSeries,
} from "./figures.ts";
export { progressBar, type Progress, type ProgressBar, type ProgressStream } from "./progress-bar.ts";
export { reportHtml, type ModelMetrics, type ReportFigure, type ReportOptions, type RunMetrics } from "./report.ts";
