import { describe, expect, test } from "vitest";
import { energyFigure, lossFigure } from "./index.ts";
import { reportHtml, type ModelMetrics, type ReportOptions } from "./report.ts";

const lnn: ModelMetrics = {
  mse_0_1: 3.24e-8,
  mse_0_10: 0.0041,
  mse_0_30: 1.5,
  "mse_0_1e-7": 2,
  energy_drift_percent: 0.013,
  heldout_mse_0_10_median: 0.02,
  parameters: 4481,
  gradient_ms: 12.4,
  rhs_evaluations: 1_204_312,
};
const node: ModelMetrics = { ...lnn, mse_0_10: 0.41, energy_drift_percent: 45.1, gradient_ms: 3.1 };
const series = { model: "truth", t: [0, 1], u: [[0, 0, 0, 0], [1, 1, 0, 0]], energy: [-1, -1] };
const options: ReportOptions = {
  metrics: { lnn, neural_ode: node, wall_seconds: 214.3, seed: 42, backend: "wasm", sensealg: "discreteAdjoint", versions: { node: "v20.20.2" } },
  config: { name: "</pre><script>alert(1)</script>" },
  figures: [
    { name: "loss", svg: lossFigure([{ model: "LNN", step: [0, 1], loss: [1, 0.1], stageStarts: [0] }]), caption: "Loss & stages" },
    { name: "energy", svg: energyFigure({ truth: series, models: [{ ...series, model: "LNN" }] }), caption: "Energy" },
  ],
};
const html = reportHtml(options);

/** The text of a table row's cells, by the start of its label. */
function cells(page: string, label: string): string[] {
  const row = page.split("<tr>").find((part) => part.includes(`>${label}`)) ?? "";
  return [...row.matchAll(/<td[^>]*>(.*?)<\/td>/g)].map((match) => match[1]);
}

describe("report", () => {
  test("the table holds each model's metrics and their ratio", () => {
    expect(cells(html, "Mean squared error, 0 to 10 s")).toEqual(["0.0041", "0.41", "100"]);
    expect(cells(html, "Mean squared error, 0 to 1 s")[0]).toBe("3.2 × 10<sup>−8</sup>");
    expect(cells(html, "Mean squared error, 0 to 1e-7 s")[0]).toBe("2");
    expect(cells(html, "Parameters")).toEqual(["4,481", "4,481", "1"]);
    expect(cells(html, "Evaluations of the right-hand side")[0]).toBe("1,204,312");
  });

  test("the better value is marked where smaller is better", () => {
    const best = html.split("<tr>").filter((row) => row.includes('class="best"'));
    expect(best.map((row) => /<td class="best">(.*?)<\/td>/.exec(row)?.[1])).toEqual(["0.0041", "0.013", "3.1"]);
  });

  test("the facts of the run, the configuration and the figures are there", () => {
    const facts = [...html.matchAll(/<dt>(.*?)<\/dt><dd>(.*?)<\/dd>/g)].map((match) => match.slice(1));
    expect(facts).toEqual([["Seed", "42"], ["Backend", "wasm"], ["Sensitivity algorithm", "discreteAdjoint"], ["Wall time", "3 min 34 s"], ["node", "v20.20.2"]]);
    for (const { svg } of options.figures) expect(html).toContain(svg);
    expect(html).toContain("<figcaption>Loss &amp; stages</figcaption>");
    expect(html).toContain("&lt;/pre&gt;&lt;script&gt;");
  });

  test("the page is whole: no script and no address except XML namespaces", () => {
    const addresses = [...html.matchAll(/(?:https?:)?\/\/[\w.-]+\.[^\s"'<)]*/g)].map(([address]) => address);
    expect(new Set(addresses)).toEqual(new Set(["http://www.w3.org/2000/svg"]));
    expect(html).not.toMatch(/<script|<link|<img|<iframe|@import|\ssrc=|url\((?!#)/);
  });

  test("a metric that is not finite is said to be so, and the page is the same each time", () => {
    const page = reportHtml({ ...options, metrics: { ...options.metrics, neural_ode: { ...node, mse_0_30: Infinity } } });
    expect(cells(page, "Mean squared error, 0 to 30 s")).toEqual(["1.5", "not finite", "–"]);
    expect(reportHtml(options)).toBe(html);
  });
});
