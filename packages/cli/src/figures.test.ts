import { parseHTML } from "linkedom";
import { describe, expect, test } from "vitest";
import { energyFigure, gradientCostFigure, lossFigure, trajectoryFigure, workPrecisionFigure, type EnergySeries, type GradientCostSeries, type LossSeries } from "./index.ts";
import { colorAt, faint, ink } from "./figures/palette.ts";

interface Element {
  readonly textContent: string;
  getAttribute(name: string): string | null;
  querySelectorAll(selector: string): Iterable<Element>;
}

const steps = Array.from({ length: 900 }, (_, i) => i);
const losses: LossSeries[] = ["LNN", "neural ODE"].map((model, m) => ({ model, step: steps, loss: steps.map((i) => Math.exp(-i / (100 + 60 * m))), stageStarts: [0, 300, 600] }));

/** A swing whose amplitude changes by `growth` per second. */
function rollout(model: string, growth: number): EnergySeries {
  const t = Array.from({ length: 601 }, (_, k) => k / 20);
  const amplitude = t.map((time) => Math.exp(growth * time));
  return {
    model,
    t,
    u: t.map((time, k) => [amplitude[k] * Math.cos(3 * time), amplitude[k] * Math.sin(2 * time), 0, 0]),
    energy: amplitude.map((a) => -16 * a * a),
  };
}
const truth = rollout("truth", 0);
const columns = ["q1", "q2"];
const models = [rollout("LNN", -0.001), rollout("neural ODE", -0.03)];

const costs: GradientCostSeries[] = ["LNN", "neural ODE"].flatMap((model) =>
  ["forwardSensitivity", "discreteAdjoint"].map((sensealg, k) => ({ model, sensealg, parameters: [100, 1000, 10_000], milliseconds: [1 + k, 30 + k, 900 - 800 * k] })),
);

const precision = ["tsit5", "vern7"].map((solver, k) => ({ solver, error: [1e-3, 1e-6 / (k + 1), 1e-9], microseconds: [20, 50 - 20 * k, 400 - 300 * k] }));

const figures: readonly (readonly [string, () => string, readonly string[]])[] = [
  ["lossFigure", () => lossFigure(losses), ["training step", "training loss", "LNN", "neural ODE", "stage 2", "stage 3", "10⁻²"]],
  ["trajectoryFigure", () => trajectoryFigure({ truth, models, columns, until: 1 }), ["time (s)", "state", "truth", "LNN", "neural ODE", "q1", "q2"]],
  ["energyFigure", () => energyFigure({ truth, models }), ["time (s)", "energy (J)", "truth", "LNN", "neural ODE"]],
  ["gradientCostFigure", () => gradientCostFigure(costs), ["parameters", "time per gradient (ms)", "discreteAdjoint · neural ODE", "forwardSensitivity · LNN", "1,000"]],
  ["workPrecisionFigure", () => workPrecisionFigure({ name: "orbit", problem: "an orbit", series: precision }), ["error at the end", "time per solve (us)", "tsit5", "vern7", "10⁻⁶"]],
];

const parse = (svg: string): Element => parseHTML(`<html><body>${svg}</body></html>`).document as unknown as Element;
const texts = (svg: string): string[] => [...parse(svg).querySelectorAll("text")].map(({ textContent }) => textContent);

/** The paths that a line mark drew in a colour, as lists of y positions. */
function curves(svg: string, color: string): number[][] {
  const paths = [...parse(svg).querySelectorAll(`g[stroke="${color}"] path`)];
  return paths.map((path) => [...(path.getAttribute("d") ?? "").matchAll(/[ML]?([-\d.]+),([-\d.]+)/g)].map((match) => Number(match[2])));
}

describe("figures", () => {
  test.each(figures)("%s labels its axes and its lines", (_, draw, labels) => {
    expect(texts(draw())).toEqual(expect.arrayContaining([...labels]));
  });

  test.each(figures)("%s gives the same bytes again, stands alone and has no broken number", (_, draw) => {
    const svg = draw();
    expect(draw()).toBe(svg);
    expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(svg).not.toMatch(/NaN|undefined|Infinity|<script|@import|url\((?!#)/);
    const used = [...svg.matchAll(/url\(#([^)]+)\)/g)].map((match) => match[1]);
    expect(used.filter((id) => !svg.includes(`id="${id}"`))).toEqual([]);
  });

  test("figures on one page share no id", () => {
    const all = [...figures.map(([, draw]) => draw()), trajectoryFigure({ truth, models, columns, until: 30 })];
    const ids = all.flatMap((svg) => [...svg.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]));
    expect(ids.length).toBeGreaterThan(2);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("the loss falls to the right, one raw and one smooth line per model", () => {
    for (const index of [0, 1]) {
      const lines = curves(lossFigure(losses), colorAt(index));
      expect(lines).toHaveLength(2);
      for (const y of lines) expect(y.at(-1)).toBeGreaterThan(y[0] + 100);
    }
  });

  test("a loss of zero or NaN is left out and disturbs nothing else", () => {
    const loss = [1, 0.5, 0, Number.NaN, 0.25, 0.2];
    const svg = lossFigure([{ model: "LNN", step: [0, 1, 2, 3, 4, 5], loss, stageStarts: [0] }]);
    expect(svg).not.toMatch(/NaN|Infinity/);
    expect(curves(svg, colorAt(0)).map((y) => y.length)).toEqual([4, 4]);
  });

  test("stages that start at other steps for each model are marked in the model's colour", () => {
    const moved = { ...losses[1], stageStarts: [0, 250, 600] };
    const rules = [...parse(lossFigure([losses[0], moved])).querySelectorAll('g[aria-label="rule"] line')].map((rule) => rule.getAttribute("stroke"));
    expect(rules.toSorted()).toEqual([colorAt(0), colorAt(1), faint].toSorted());
  });

  test("a trajectory has the truth and each model once per entry, up to the last time", () => {
    const svg = trajectoryFigure({ truth, models, columns, until: 1 });
    for (const color of [ink, colorAt(0), colorAt(1)]) expect(curves(svg, color).map((y) => y.length)).toEqual([21, 21]);
  });

  test("up to so much time after its first, whenever that is", () => {
    const later = ({ t, ...series }: EnergySeries): EnergySeries => ({ ...series, t: t.map((time) => time + 100) });
    const [early, late] = [trajectoryFigure({ truth, models, columns, until: 1 }), trajectoryFigure({ truth: later(truth), models: models.map(later), columns, until: 1 })];
    for (const color of [ink, colorAt(0), colorAt(1)]) expect(curves(late, color)).toEqual(curves(early, color));
  });

  test("a model that runs away, or that ends early, does not hide the truth", () => {
    const wild = rollout("neural ODE", 2);
    const drawn = (growing: EnergySeries): number => {
      const [first] = curves(trajectoryFigure({ truth, models: [growing], columns, until: 30 }), ink);
      return Math.max(...first) - Math.min(...first);
    };
    expect(drawn(wild)).toBeGreaterThan(0.4 * drawn(models[0]));
    const short = { ...wild, t: wild.t.slice(0, 40), u: wild.u.slice(0, 40), energy: [...wild.energy.slice(0, 39), Number.NaN] };
    expect(energyFigure({ truth, models: [short] })).not.toMatch(/NaN|Infinity/);
  });
});
