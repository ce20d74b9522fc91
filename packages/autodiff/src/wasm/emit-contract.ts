import { axesOf, pieces, unit, type Axis } from "../lower/contract-axes.ts";
import { longRow } from "../lower/spacing.ts";
import type { Tensor } from "../tensor.ts";
import type { Address, FunctionBuilder } from "./function-builder.ts";
import type { Operand } from "./loops.ts";
import { simd, v128 } from "./opcodes.ts";

/** The addresses of a, b and the result at the start of a tile. */
type Bases = readonly [Address, Address, Address];

/** What becomes of what stands in the result: it is written over, or added to at the end; or sums begin with it. */
type Mode = "write" | "add" | "continue";

/** What a tile needs to know. */
interface Tile {
  readonly f: FunctionBuilder;
  readonly row: Axis;
  readonly column: Axis;
  /** Outer summed axes first. */
  readonly summed: readonly Axis[];
  readonly mode: Mode;
}

/**
 * A product of arrays in register tiles of up to 8 vectors, without packing: along columns that are contiguous in b and in the
 * result, else along a summed axis that is contiguous in a and b, else one number at a time.
 */
export function emitContract(f: FunctionBuilder, node: Tensor, a: Operand, b: Operand, out: Operand, add: boolean): void {
  const { batch, rows, columns, summed } = axesOf(node, [a, b, out]);
  const contiguous = (axis: Axis | undefined, ...operands: readonly (0 | 1 | 2)[]): boolean => axis !== undefined && operands.every((k) => axis.steps[k] === 1);
  // The product is symmetric: a wide contiguous row axis serves as the column axis with a and b exchanged.
  if (!contiguous(columns.at(-1), 1, 2) && contiguous(rows.at(-1), 0, 2)) {
    const exchange = (axes: readonly Axis[]): Axis[] => axes.map(({ size, steps: [x, y, z] }) => ({ size, steps: [y, x, z] }));
    return emit(f, { batch: exchange(batch), rows: exchange(columns), columns: exchange(rows), summed: exchange(summed) }, [b.at, a.at, out.at], add);
  }
  emit(f, { batch, rows, columns, summed }, [a.at, b.at, out.at], add);
}

function emit(f: FunctionBuilder, { batch, rows, columns, summed }: ReturnType<typeof axesOf>, start: Bases, add: boolean): void {
  const [row, column] = [rows.at(-1) ?? unit, columns.at(-1) ?? unit];
  const outer = [...batch, ...rows.slice(0, -1), ...columns.slice(0, -1)];
  const tile: Tile = { f, row, column, summed, mode: add ? "add" : "write" };
  const inner = summed.at(-1);
  const write = column.steps[1] === 1 && column.steps[2] === 1 ? alongColumns : inner?.steps[0] === 1 && inner.steps[1] === 1 ? alongSum : numberByNumber;
  nest(f, outer, start, (bases) => write(tile, bases));
}

/** Loops over axes, with the addresses that result. */
function nest(f: FunctionBuilder, axes: readonly Axis[], bases: Bases, body: (bases: Bases) => void): void {
  if (axes.length === 0) return body(bases);
  const [axis, ...rest] = axes;
  walk(f, axis.size, 1, axis, bases, (moved) => nest(f, rest, moved, body));
}

/** `count` rounds of `body`, each `by` steps along the axis after the last. */
function walk(f: FunctionBuilder, count: number, by: number, axis: Axis, bases: Bases, body: (bases: Bases) => void): void {
  if (count === 0) return;
  if (count === 1) return body(bases);
  const moved = bases.map((base, k): Address => (axis.steps[k] === 0 ? base : { local: f.pin(base), bytes: 0 })) as unknown as Bases;
  f.repeat(count, () => {
    body(moved);
    moved.forEach(({ local }, k) => {
      if (axis.steps[k] !== 0) f.advance(local!, by * axis.steps[k]);
    });
  });
}

/** The addresses `count` steps along an axis. */
const along = (f: FunctionBuilder, bases: Bases, axis: Axis, count: number): Bases => bases.map((base, k) => f.shift(base, count * axis.steps[k])) as unknown as Bases;

/** Pieces of `size` along an axis: whole tiles in a loop, then what remains. */
function tiles(f: FunctionBuilder, size: number, by: number, axis: Axis, bases: Bases, body: (count: number, bases: Bases) => void): void {
  for (const { start, count, rounds } of pieces(size, by)) {
    const at = along(f, bases, axis, start);
    walk(f, rounds, by, axis, at, (moved) => body(count, moved));
  }
}

/** Two units whose results take four cycles are busy with so many accumulators: a tile of fewer takes as long. */
const busy = 8;
/** More accumulators leave no registers for the factors. */
const mostCells = 9;
/** Longer tiles of one row or column gain nothing. */
const longest = 5;

/** Rows and columns of the tiles that cover so many of both in the least time, wide ones rather than high ones. */
function tileSize(rows: number, columns: number): [rows: number, columns: number] {
  let best: [number, number] = [1, 1];
  let least = Infinity;
  for (let width = Math.min(longest, Math.max(1, columns)); width >= 1; width--) {
    for (let height = 1; height <= Math.min(longest, rows) && height * width <= mostCells; height++) {
      let time = 0;
      for (const down of pieces(rows, height)) for (const { count, rounds } of pieces(columns, width)) time += down.rounds * rounds * Math.max(busy, down.count * count);
      if (time < least) [best, least] = [[height, width], time];
    }
  }
  return best;
}

/** Sums of up to so many steps are written out. */
const unrolled = 2;

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** Accumulators of zeros. */
function zeros(f: FunctionBuilder, count: number): number[] {
  const cells = range(count).map(() => f.local(v128));
  for (const cell of cells) {
    f.simd(simd.constant, ...new Array<number>(16).fill(0));
    f.set(cell);
  }
  return cells;
}

/** Runs `step` over all summed indices, which adds to accumulators, and returns them. */
function accumulate({ f, summed }: Tile, bases: Bases, cells: readonly number[], step: (bases: Bases, cells: readonly number[]) => void, by = 1): readonly number[] {
  nest(f, summed.slice(0, -1), bases, (at) => {
    const inner = summed.at(-1) ?? unit;
    const whole = Math.floor(inner.size / by);
    if (whole <= unrolled) for (const k of range(whole)) step(along(f, at, inner, k * by), cells);
    else walk(f, whole, by, inner, at, (moved) => step(moved, cells));
  });
  return cells;
}

/** Stores the first lanes of a vector, added to what is there if the tile adds. */
function put({ f, mode }: Tile, at: Address, value: number, lanes: number): void {
  if (mode !== "add") return f.storePart(at, value, lanes);
  const before = f.loadPart(at, lanes);
  f.storePart(at, f.vector(() => {
    f.get(value);
    f.get(before);
    f.vectorOp("add");
  }), lanes);
}

/** The same for one lane. */
function putLane({ f, mode }: Tile, at: Address, value: number, lane: number): void {
  f.pointer(at);
  f.get(value);
  if (mode === "add") {
    f.load(at, "loadSplat");
    f.vectorOp("add");
  }
  f.memory("storeLane", at, lane);
}

/** So many rows of a matrix of long rows, and no more, stay in the cache. */
const deepest = 16;

/**
 * Vectors along the columns: rows of a are single numbers in all lanes. Where several tiles of rows need a large b, it is gone through a few of its rows at a
 * time, with the sums so far in the result: what stands below one another in it shares few sets of the cache, so that the whole would be fetched anew for each tile.
 */
function alongColumns(tile: Tile, bases: Bases): void {
  const { f, row, column, summed } = tile;
  const [high] = tileSize(row.size, Math.ceil(column.size / f.format.lanes));
  const [axis = unit] = summed;
  if (summed.length !== 1 || row.size <= high || axis.size <= 2 * deepest || axis.steps[1] < longRow) return acrossColumns(tile, bases);
  const deep = (size: number, mode: Mode, at: Bases): void => acrossColumns({ ...tile, summed: [{ ...axis, size }], mode }, at);
  const later = tile.mode === "add" ? "add" : "continue";
  deep(deepest, tile.mode, bases);
  tiles(f, axis.size - deepest, deepest, axis, along(f, bases, axis, deepest), (size, at) => deep(size, later, at));
}

function acrossColumns(tile: Tile, bases: Bases): void {
  const { f, row, column, mode } = tile;
  const { lanes } = f.format;
  const vectors = Math.ceil(column.size / lanes);
  const rest = column.size % lanes;
  /** `count` vectors of each row, the last of `end` lanes. */
  const block = (rows: number, count: number, end: number, at: Bases): void => {
    const width = (v: number): number => (v === count - 1 ? end : lanes);
    const places = range(rows).flatMap((r) => range(count).map((v) => ({ to: f.shift(at[2], r * row.steps[2] + lanes * v), lanes: width(v) })));
    const start = mode === "continue" ? places.map(({ to, lanes: few }) => f.loadPart(to, few)) : zeros(f, rows * count);
    const cells = accumulate(tile, at, start, ([a, b], sums) => {
      const right = range(count).map((v) => f.loadPart(f.shift(b, lanes * v), width(v)));
      for (const r of range(rows)) {
        const left = f.vector(() => f.load(f.shift(a, r * row.steps[0]), "loadSplat"));
        for (const v of range(count)) f.multiplyAdd(sums[r * count + v], left, right[v]);
      }
    });
    places.forEach(({ to, lanes: few }, i) => put(tile, to, cells[i], few));
  };
  const [high, wide] = tileSize(row.size, vectors);
  /** Vectors of a last tile that ends with some lanes only. */
  const last = rest === 0 ? 0 : vectors % wide || wide;
  tiles(f, row.size, high, row, bases, (rows, rowBases) => {
    tiles(f, (vectors - last) * lanes, wide * lanes, column, rowBases, (columns, at) => block(rows, columns / lanes, lanes, at));
    if (last > 0) block(rows, last, rest, along(f, rowBases, column, (vectors - last) * lanes));
  });
}

/** Vectors along the innermost sum: the lanes are added at the end. */
function alongSum(tile: Tile, bases: Bases): void {
  const { f, row, column, summed } = tile;
  const { lanes } = f.format;
  const inner = summed.at(-1)!;
  const rest = inner.size % lanes;
  const step = (rows: number, columns: number, count: number) => ([a, b]: Bases, sums: readonly number[]): void => {
    const right = range(columns).map((c) => f.loadPart(f.shift(b, c * column.steps[1]), count));
    for (const r of range(rows)) {
      const left = f.loadPart(f.shift(a, r * row.steps[0]), count);
      for (const c of range(columns)) f.multiplyAdd(sums[r * columns + c], left, right[c]);
    }
  };
  const block = (rows: number, columns: number, at: Bases): void => {
    const cells = accumulate(tile, at, zeros(f, rows * columns), step(rows, columns, lanes), lanes);
    if (rest > 0) nest(f, summed.slice(0, -1), along(f, at, inner, inner.size - rest), (moved) => step(rows, columns, rest)(moved, cells));
    putSums(tile, at[2], cells, columns);
  };
  const [high, wide] = tileSize(row.size, column.size);
  tiles(f, row.size, high, row, bases, (rows, rowBases) =>
    tiles(f, column.size, wide, column, rowBases, (columns, at) => block(rows, columns, at)));
}

/** Stores the sums of the lanes of accumulators, `columns` in each row: a vector of them at a time along an axis that is contiguous in the result. */
function putSums(tile: Tile, at: Address, cells: readonly number[], columns: number): void {
  const { f, row, column } = tile;
  const { lanes } = f.format;
  const rows = cells.length / columns;
  const cell = (r: number, c: number): { sum: number; at: Address } => ({ sum: cells[r * columns + c], at: f.shift(at, r * row.steps[2] + c * column.steps[2]) });
  const isFlat = column.steps[2] === 1;
  const isHigh = !isFlat && row.steps[2] === 1 && rows % lanes === 0;
  const lines = isHigh ? range(columns).map((c) => range(rows).map((r) => cell(r, c))) : range(rows).map((r) => range(columns).map((c) => cell(r, c)));
  for (const line of lines) {
    for (let i = 0; i < line.length; i += lanes) {
      const part = line.slice(i, i + lanes);
      const total = laneSums(f, range(lanes).map((lane) => part[Math.min(lane, part.length - 1)].sum));
      if (part.length === lanes && (isFlat || isHigh)) put(tile, part[0].at, total, lanes);
      else part.forEach((one, lane) => putLane(tile, one.at, total, lane));
    }
  }
}

/** The vector whose lane i is the sum of the lanes of vector i: halves are added to halves until one vector is left. */
function laneSums(f: FunctionBuilder, vectors: readonly number[]): number {
  if (vectors.length === 1) return vectors[0];
  const { bytes } = f.format;
  /** Of the numbers of both vectors, every second one. */
  const chosen = (from: 0 | 1): number[] => range(16 / bytes).flatMap((i) => range(bytes).map((byte) => (2 * i + from) * bytes + byte));
  return laneSums(f, range(vectors.length / 2).map((i) => f.vector(() => {
    for (const from of [0, 1] as const) {
      f.get(vectors[2 * i]);
      f.get(vectors[2 * i + 1]);
      f.simd(simd.shuffle, ...chosen(from));
    }
    f.vectorOp("add");
  })));
}

/** No contiguous axis: single numbers, four results at a time. */
function numberByNumber(tile: Tile, bases: Bases): void {
  const { f, row, column } = tile;
  tiles(f, row.size, 1, row, bases, (_rows, rowBases) =>
    tiles(f, column.size, Math.min(column.size, 4), column, rowBases, (columns, at) => {
      const cells = accumulate(tile, at, zeros(f, columns), ([a, b], sums) => {
        const left = f.vector(() => f.load(a, "loadZero"));
        for (const c of range(columns)) f.multiplyAdd(sums[c], left, f.vector(() => f.load(f.shift(b, c * column.steps[1]), "loadZero")));
      });
      cells.forEach((cell, c) => putLane(tile, f.shift(at[2], c * column.steps[2]), cell, 0));
    }));
}
