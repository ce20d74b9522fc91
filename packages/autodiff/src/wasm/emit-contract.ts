import { axesOf, pieces, unit, type Axis } from "../lower/contract-axes.ts";
import { longRow } from "../lower/spacing.ts";
import type { Tensor } from "../tensor.ts";
import type { Address, FunctionBuilder } from "./function-builder.ts";
import type { Operand } from "./loops.ts";
import { simd, v128 } from "./opcodes.ts";

/** The addresses of a, b and the result at the start of a tile. */
type Bases = readonly [Address, Address, Address];

/** The loops of a product: those around its tiles, the axes of a tile, and what it sums over, outer axes first. */
interface Loops {
  readonly outer: readonly Axis[];
  readonly row: Axis;
  readonly column: Axis;
  readonly summed: readonly Axis[];
  /** Whether a and b changed places. */
  readonly exchanged: boolean;
}

/** What a tile needs to know. */
interface Tile extends Pick<Loops, "row" | "column" | "summed"> {
  readonly f: FunctionBuilder;
  readonly add: boolean;
  /** Room for the numbers that {@link packedSize} tells. */
  readonly scratch: Address;
}

/** How operands lie in memory. */
type Strides = Pick<Operand, "strides">;

const isContiguous = (axis: Axis | undefined, ...operands: readonly (0 | 1 | 2)[]): boolean => axis !== undefined && operands.every((k) => axis.steps[k] === 1);

function loopsOf(node: Tensor, operands: readonly Strides[]): Loops {
  const axes = axesOf(node, operands);
  const swap = (all: readonly Axis[]): Axis[] => all.map(({ size, steps: [x, y, z] }) => ({ size, steps: [y, x, z] }));
  // The product is symmetric: a wide contiguous row axis serves as the column axis with a and b exchanged.
  const exchanged = !isContiguous(axes.columns.at(-1), 1, 2) && isContiguous(axes.rows.at(-1), 0, 2);
  const { batch, rows, columns, summed } = exchanged ? { batch: swap(axes.batch), rows: swap(axes.columns), columns: swap(axes.rows), summed: swap(axes.summed) } : axes;
  return { outer: [...batch, ...rows.slice(0, -1), ...columns.slice(0, -1)], row: rows.at(-1) ?? unit, column: columns.at(-1) ?? unit, summed, exchanged };
}

/**
 * A product of arrays in register tiles of up to 8 vectors: along columns that are contiguous in b and in the
 * result, else along a summed axis that is contiguous in a and b, else one number at a time.
 *
 * @param scratch - Room for {@link packedSize} numbers.
 */
export function emitContract(f: FunctionBuilder, node: Tensor, a: Operand, b: Operand, out: Operand, add: boolean, scratch: Address): void {
  const { outer, row, column, summed, exchanged } = loopsOf(node, [a, b, out]);
  const tile: Tile = { f, row, column, summed, add, scratch };
  const write = isContiguous(column, 1, 2) ? alongColumns : isContiguous(summed.at(-1), 0, 1) ? alongSum : numberByNumber;
  nest(f, outer, exchanged ? [b.at, a.at, out.at] : [a.at, b.at, out.at], (bases) => write(tile, bases));
}

/** Shorter columns stay in the cache as they are. */
const packedRows = 32;

/** How many numbers of b stand side by side where columns of a tile are copied together, or 0: see {@link alongColumns}. */
function packedWidth({ row, column, summed }: Pick<Loops, "row" | "column" | "summed">, lanes: number): number {
  if (!isContiguous(column, 1, 2) || summed.length !== 1) return 0;
  const [high, wide] = tileSize(row.size, Math.ceil(column.size / lanes));
  const [{ size, steps }] = summed;
  return row.size > high && size > packedRows && steps[1] >= longRow ? wide * lanes : 0;
}

/** How many numbers a product copies together. */
export function packedSize(node: Tensor, operands: readonly Strides[], lanes: number): number {
  const loops = loopsOf(node, operands);
  return packedWidth(loops, lanes) * (loops.summed.at(-1) ?? unit).size;
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

/** Clears accumulators, runs `step` over all summed indices, and leaves the sums in them. */
function accumulate({ f, summed }: Tile, bases: Bases, count: number, step: (bases: Bases, cells: readonly number[]) => void, by = 1): number[] {
  const cells = range(count).map(() => f.local(v128));
  for (const cell of cells) {
    f.simd(simd.constant, ...new Array<number>(16).fill(0));
    f.set(cell);
  }
  nest(f, summed.slice(0, -1), bases, (at) => {
    const inner = summed.at(-1) ?? unit;
    const whole = Math.floor(inner.size / by);
    if (whole <= unrolled) for (const k of range(whole)) step(along(f, at, inner, k * by), cells);
    else walk(f, whole, by, inner, at, (moved) => step(moved, cells));
  });
  return cells;
}

/** Stores the first lanes of a vector, added to what is there if the tile adds. */
function put({ f, add }: Tile, at: Address, value: number, lanes: number): void {
  if (!add) return f.storePart(at, value, lanes);
  const before = f.loadPart(at, lanes);
  f.storePart(at, f.vector(() => {
    f.get(value);
    f.get(before);
    f.vectorOp("add");
  }), lanes);
}

/** The same for one lane. */
function putLane({ f, add }: Tile, at: Address, value: number, lane: number): void {
  f.pointer(at);
  f.get(value);
  if (add) {
    f.load(at, "loadSplat");
    f.vectorOp("add");
  }
  f.memory("storeLane", at, lane);
}

/**
 * Vectors along the columns: rows of a are single numbers in all lanes. Long columns of b that several rows need are copied together for each tile: what stands
 * below one another in a large matrix shares few sets of the cache, so that it would be fetched anew for each row.
 */
function alongColumns(tile: Tile, bases: Bases): void {
  const { f, row, column, summed, scratch } = tile;
  const { lanes } = f.format;
  const vectors = Math.ceil(column.size / lanes);
  const rest = column.size % lanes;
  /** `count` vectors of each row, the last of `end` lanes, by sums of the axes `summed`. What is read from b is copied on the way where `copy` moves along. */
  const block = (axes: readonly Axis[], rows: number, count: number, end: number, [a, b, out]: Bases, copy?: Address): void => {
    const width = (v: number): number => (v === count - 1 ? end : lanes);
    const cells = accumulate({ ...tile, summed: axes }, [a, b, copy ?? out], rows * count, ([left, right, to], sums) => {
      const factors = range(count).map((v) => f.loadPart(f.shift(right, lanes * v), width(v)));
      if (copy) factors.forEach((factor, v) => f.storePart(f.shift(to, lanes * v), factor, lanes));
      for (const r of range(rows)) {
        const factor = f.vector(() => f.load(f.shift(left, r * row.steps[0]), "loadSplat"));
        for (const v of range(count)) f.multiplyAdd(sums[r * count + v], factor, factors[v]);
      }
    });
    for (const r of range(rows)) for (const v of range(count)) put(tile, f.shift(out, r * row.steps[2] + lanes * v), cells[r * count + v], width(v));
  };
  const [high, wide] = tileSize(row.size, vectors);
  /** Vectors of a last tile that ends with some lanes only. */
  const last = rest === 0 ? 0 : vectors % wide || wide;
  const acrossColumns = (from: Bases, body: (count: number, end: number, at: Bases) => void): void => {
    tiles(f, (vectors - last) * lanes, wide * lanes, column, from, (columns, at) => body(columns / lanes, lanes, at));
    if (last > 0) body(last, rest, along(f, from, column, (vectors - last) * lanes));
  };
  const packed = packedWidth(tile, lanes);
  if (packed === 0) return tiles(f, row.size, high, row, bases, (rows, from) => acrossColumns(from, (count, end, at) => block(summed, rows, count, end, at)));
  const [{ size, steps: [step, far] }] = summed;
  acrossColumns(bases, (count, end, at) => {
    block([{ size, steps: [step, far, packed] }], high, count, end, at, scratch);
    const [a, , out] = along(f, at, row, high);
    tiles(f, row.size - high, high, row, [a, scratch, out], (rows, moved) => block([{ size, steps: [step, packed, 0] }], rows, count, end, moved));
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
    const cells = accumulate(tile, at, rows * columns, step(rows, columns, lanes), lanes);
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
      const cells = accumulate(tile, at, columns, ([a, b], sums) => {
        const left = f.vector(() => f.load(a, "loadZero"));
        for (const c of range(columns)) f.multiplyAdd(sums[c], left, f.vector(() => f.load(f.shift(b, c * column.steps[1]), "loadZero")));
      });
      cells.forEach((cell, c) => putLane(tile, f.shift(at[2], c * column.steps[2]), cell, 0));
    }));
}
