import { axesOf, pieces, unit, type Axis } from "../lower/contract-axes.ts";
import type { Tensor } from "../tensor.ts";
import { plus, times, type Operand } from "./loops.ts";

/** Register tile: up to 8 accumulators, more rows when there are few columns. */
function tile(rows: number, columns: number): [number, number] {
  const wide = Math.min(columns, 4);
  return [Math.min(rows, wide >= 3 ? 2 : 4), Math.min(wide, rows === 1 ? 4 : rows >= 4 ? wide : 4)];
}

/** A product of arrays as loops over register tiles; the result is `rounded`, and written, or added with `add`. */
export function emitContract(id: number, node: Tensor, a: Operand, b: Operand, out: Operand, add: boolean, rounded: (value: string) => string): string {
  const { batch, rows, columns, summed } = axesOf(node, [a, b, out]);
  const row = rows.pop() ?? unit;
  const column = columns.pop() ?? unit;
  const outer = [...batch, ...rows, ...columns];
  const bases = [a.offset, b.offset, out.offset].map(String);
  let head = "";
  outer.forEach((axis, d) => {
    const i = `o${id}_${d}`;
    head += `for(let ${i}=0;${i}<${axis.size};${i}++){`;
    axis.steps.forEach((s, k) => (bases[k] = plus(bases[k], times(i, s))));
  });
  const [tr, tc] = tile(row.size, column.size);
  let body = "";
  for (const r of pieces(row.size, tr)) {
    const i = r.rounds > 1 ? `r${id}` : String(r.start);
    if (r.rounds > 1) body += `for(let ${i}=0;${i}<=${row.size - tr};${i}+=${tr}){`;
    for (const c of pieces(column.size, tc)) {
      const j = c.rounds > 1 ? `c${id}` : String(c.start);
      if (c.rounds > 1) body += `for(let ${j}=0;${j}<=${column.size - tc};${j}+=${tc}){`;
      body += emitTile(id, [r.count, c.count], [row, column], summed, bases.map((base, k) => plus(base, offset(i, row.steps[k]), offset(j, column.steps[k]))), [a.array, b.array, out.array], add, rounded);
      if (c.rounds > 1) body += "}";
    }
    if (r.rounds > 1) body += "}";
  }
  return `{${head}${body}${"}".repeat(outer.length)}}`;
}

const offset = (index: string, step: number): string => (/^\d+$/.test(index) ? String(Number(index) * step) : times(index, step));

/**
 * One register tile: accumulators in locals, the summed axes as inner loops (unrolled when short). Each result has one accumulator,
 * whatever the tile, so that it has the same bits alone and among others.
 */
function emitTile(
  id: number,
  [nr, nc]: readonly [number, number],
  [row, column]: readonly [Axis, Axis],
  summed: readonly Axis[],
  bases: readonly string[],
  [a, b, out]: readonly string[],
  add: boolean,
  rounded: (value: string) => string,
): string {
  const cells = Array.from({ length: nr * nc }, (_, x) => [Math.floor(x / nc), x % nc] as const);
  const rows = Array.from({ length: nr }, (_, r) => r);
  const columns = Array.from({ length: nc }, (_, c) => c);
  const store = ([r, c]: readonly [number, number], value: string): string => `${out}[${plus(`q${id}`, r * row.steps[2] + c * column.steps[2])}]${add ? "+=" : "="}${rounded(value)};`;
  const start = `const p${id}=${bases[0]},s${id}=${bases[1]},q${id}=${bases[2]};`;
  const count = summed.reduce((n, axis) => n * axis.size, 1);
  if (count <= 4 && summed.length <= 1) {
    const steps = summed[0]?.steps ?? [0, 0, 0];
    const terms = Array.from({ length: count }, (_, k) => k);
    const loads = terms.map((k) =>
      rows.map((r) => `const a${r}_${k}=${a}[${plus(`p${id}`, k * steps[0] + r * row.steps[0])}];`).join("") +
      columns.map((c) => `const b${c}_${k}=${b}[${plus(`s${id}`, k * steps[1] + c * column.steps[1])}];`).join("")).join("");
    return `{${start}${loads}${cells.map((cell) => store(cell, terms.map((k) => `a${cell[0]}_${k}*b${cell[1]}_${k}`).join("+") || "0")).join("")}}`;
  }
  const inner = summed.at(-1)!;
  let code = `{${start}let ${cells.map(([r, c]) => `x${r}_${c}=0`).join()};`;
  let pa = `p${id}`;
  let pb = `s${id}`;
  summed.slice(0, -1).forEach((axis, d) => {
    const k = `k${id}_${d}`;
    code += `for(let ${k}=0;${k}<${axis.size};${k}++){`;
    pa = plus(pa, times(k, axis.steps[0]));
    pb = plus(pb, times(k, axis.steps[1]));
  });
  code += `for(let k=0;k<${inner.size};k++){`;
  const [f, g] = [plus(pa, times("k", inner.steps[0])), plus(pb, times("k", inner.steps[1]))];
  code += rows.map((r) => `const a${r}=${a}[${plus(f, r * row.steps[0])}];`).join("");
  code += columns.map((c) => `const b${c}=${b}[${plus(g, c * column.steps[1])}];`).join("");
  code += cells.map(([r, c]) => `x${r}_${c}+=a${r}*b${c};`).join("");
  code += "}".repeat(summed.length);
  return `${code}${cells.map((cell) => store(cell, `x${cell[0]}_${cell[1]}`)).join("")}}`;
}
