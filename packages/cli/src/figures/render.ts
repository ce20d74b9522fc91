import { plot, type PlotOptions } from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { ink } from "./palette.ts";

/** One entry of a figure's legend: a short piece of line and its meaning. */
export interface LegendEntry {
  readonly label: string;
  readonly color: string;
  readonly width?: number;
  readonly dash?: string;
}

/** What a figure needs besides its marks. */
export interface FigureFrame {
  /** Unique among the figures of a page: prefixes the ids inside. */
  readonly name: string;
  /** Read out in place of the picture. */
  readonly description: string;
  readonly legend: readonly LegendEntry[];
}

/** The part of the DOM that the renderer touches; the library's own types need those of a browser. */
interface SvgElement {
  setAttribute(name: string, value: string): void;
  append(...children: readonly (SvgElement | string)[]): void;
  prepend(...children: readonly SvgElement[]): void;
  readonly outerHTML: string;
}
interface SvgDocument {
  createElementNS(namespace: string, name: string): SvgElement;
}

const svgNamespace = "http://www.w3.org/2000/svg";
const font = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif";
const fontSize = 12;
const width = 720;
const margin = { marginTop: 40, marginRight: 24, marginBottom: 44, marginLeft: 76 };
const legendY = 16;
const sampleWidth = 22;

/** Width of a text in px by the advance of the average character, good enough to keep texts apart. */
export const textWidth = (text: string): number => text.length * fontSize * 0.52;

/** Renders marks as a self-contained SVG on white, the same bytes for the same input. */
export function renderFigure(options: PlotOptions, { name, description, legend }: FigureFrame): string {
  const document = parseHTML("<!doctype html><html><body></body></html>").document as unknown as SvgDocument;
  const svg = plot({
    ...margin,
    width,
    height: 360,
    ...options,
    document: document as never,
    className: "figure",
    style: { fontFamily: font, fontSize: `${fontSize}px`, color: ink, background: "white" } as never,
  }) as unknown as SvgElement;
  const element = (tag: string, attributes: Readonly<Record<string, string | number>>, text?: string): SvgElement => {
    const made = document.createElementNS(svgNamespace, tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
    if (text !== undefined) made.append(text);
    return made;
  };
  svg.setAttribute("xmlns", svgNamespace);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", description);
  // A style rule of the page does not reach a viewer of the file alone, a rectangle does.
  svg.prepend(element("rect", { width: "100%", height: "100%", fill: "white" }));
  let x = options.marginLeft ?? margin.marginLeft;
  for (const { label, color, width: stroke = 2, dash = "none" } of legend) {
    svg.append(
      element("line", { x1: x, x2: x + sampleWidth, y1: legendY, y2: legendY, stroke: color, "stroke-width": stroke, "stroke-dasharray": dash }),
      element("text", { x: x + sampleWidth + 6, y: legendY, dy: "0.32em", fill: ink, "text-anchor": "start" }, label),
    );
    x += sampleWidth + 6 + textWidth(label) + 20;
  }
  return stable(svg.outerHTML, name);
}

/** Coordinates to a hundredth of a pixel, and ids of its own: Plot numbers clip paths through the life of the process. */
function stable(svg: string, name: string): string {
  const ids = new Map<string, string>();
  for (const [id] of svg.matchAll(/plot-clip-\d+/g)) if (!ids.has(id)) ids.set(id, `${name}-clip-${ids.size + 1}`);
  return svg
    .replaceAll(/plot-clip-\d+/g, (id) => ids.get(id) ?? id)
    .replaceAll(/ (?:d|[xy][12]?|transform|width|height)="[^"]*"/g, (attribute) => attribute.replaceAll(/\d+\.\d{3,}/g, (digits) => String(Number(Number(digits).toFixed(2)))));
}
