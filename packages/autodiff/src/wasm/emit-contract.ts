import { axesOf, pieces, unit, type Axis } from "../lower/contract-axes.ts";
import type { Tensor } from "../tensor.ts";
import type { Address, FunctionBuilder } from "./function-builder.ts";
import type { Operand } from "./loops.ts";
import { simd, v128 } from "./opcodes.ts";

/** The addresses of a, b and the result at the start of a tile. */
type Bases = readonly [Address, Address, Address];

/** What a tile needs to know. */
interface Tile {
  readonly f: FunctionBuilder;
  readonly row: Axis;
  readonly column: Axis;
  /** Outer summed axes first. */
  readonly summed: readonly Axis[];
  readonly add: boolean;
}

const shift = ({ local, bytes }: Address, numbers: number): Address => ({ local, bytes: bytes + 8 * numbers });

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
  const tile: Tile = { f, row, column, summed, add };
  const inner = summed.at(-1);
  const along = column.steps[1] === 1 && column.steps[2] === 1 ? alongColumns : inner?.steps[0] === 1 && inner.steps[1] === 1 ? alongSum : numberByNumber;
  nest(f, outer, start, (bases) => along(tile, bases));
}

/** Loops over axes, with the addresses that result. */
function nest(f: FunctionBuilder, axes: readonly Axis[], bases: Bases, body: (bases: Bases) => void): void {
  if (axes.length === 0) return body(bases);
  const [axis, ...rest] = axes;
  walk(f, axis.size, 1, axis, bases, (moved) => nest(f, rest, moved, body));
}

/** `count` rounds of `body`, each `by` steps along the axis after the last. */
function walk(f: FunctionBuilder, count: number, by: number, axis: Axis, bases: Bases, body: (bases: Bases) => void): void {
  if (count === 1) return body(bases);
  const moved = bases.map((base, k): Address => (axis.steps[k] === 0 ? base : { local: f.pin(base), bytes: 0 })) as unknown as Bases;
  f.repeat(count, () => {
    body(moved);
    moved.forEach(({ local }, k) => {
      if (axis.steps[k] !== 0) f.advance(local!, 8 * by * axis.steps[k]);
    });
  });
}

/** Pieces of `size` along an axis: whole tiles in a loop, then what remains. */
function tiles(f: FunctionBuilder, size: number, by: number, axis: Axis, bases: Bases, body: (count: number, bases: Bases) => void): void {
  for (const { start, count } of pieces(size, by)) {
    const rounds = start === 0 && count === by ? Math.floor(size / by) : 1;
    const at = bases.map((base, k) => shift(base, start * axis.steps[k])) as unknown as Bases;
    walk(f, rounds, by, axis, at, (moved) => body(count, moved));
  }
}

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
    if (whole <= 8) for (const k of range(whole)) step(at.map((base, i) => shift(base, k * by * inner.steps[i])) as unknown as Bases, cells);
    else walk(f, whole, by, inner, at, (moved) => step(moved, cells));
  });
  return cells;
}

function multiplyAdd(f: FunctionBuilder, cell: number, x: number, y: number): void {
  f.get(cell);
  f.get(x);
  f.get(y);
  f.simd(simd.mul);
  f.simd(simd.add);
  f.set(cell);
}

/** Stores a vector, added to what is there if the tile adds. `one` stores its first lane only. */
function put({ f, add }: Tile, at: Address, value: number, one: boolean): void {
  f.pointer(at);
  f.get(value);
  if (add) {
    f.load(at, one ? simd.load64Zero : simd.load);
    f.simd(simd.add);
  }
  if (one) f.memory(simd.store64Lane, at, 0);
  else f.memory(simd.store, at);
}

/** Vectors along the columns: rows of a are single numbers in both lanes. */
function alongColumns(tile: Tile, bases: Bases): void {
  const { f, row, column } = tile;
  const block = (rows: number, vectors: number, one: boolean, at: Bases): void => {
    const cells = accumulate(tile, at, rows * vectors, ([a, b], sums) => {
      const right = range(vectors).map((v) => f.vector(() => f.load(shift(b, 2 * v), one ? simd.load64Zero : simd.load)));
      for (const r of range(rows)) {
        const left = f.vector(() => f.load(shift(a, r * row.steps[0]), simd.load64Splat));
        for (const v of range(vectors)) multiplyAdd(f, sums[r * vectors + v], left, right[v]);
      }
    });
    for (const r of range(rows)) for (const v of range(vectors)) put(tile, shift(at[2], r * row.steps[2] + 2 * v), cells[r * vectors + v], one);
  };
  const wide = row.size === 1 ? 8 : 4;
  tiles(f, row.size, Math.min(row.size, 4), row, bases, (rows, rowBases) =>
    tiles(f, column.size, wide, column, rowBases, (count, at) => {
      const vectors = Math.floor(count / 2);
      if (vectors > 0) block(rows, vectors, false, at);
      if (count % 2 === 1) block(rows, 1, true, at.map((base, k) => shift(base, 2 * vectors * column.steps[k])) as unknown as Bases);
    }));
}

/** Vectors along the innermost sum: the lanes are added at the end. */
function alongSum(tile: Tile, bases: Bases): void {
  const { f, row, column, summed } = tile;
  const inner = summed.at(-1)!;
  const odd = inner.size % 2 === 1;
  const step = (rows: number, columns: number, code: number) => ([a, b]: Bases, sums: readonly number[]): void => {
    const right = range(columns).map((c) => f.vector(() => f.load(shift(b, c * column.steps[1]), code)));
    for (const r of range(rows)) {
      const left = f.vector(() => f.load(shift(a, r * row.steps[0]), code));
      for (const c of range(columns)) multiplyAdd(f, sums[r * columns + c], left, right[c]);
    }
  };
  const block = (rows: number, columns: number, at: Bases): void => {
    const cells = accumulate(tile, at, rows * columns, step(rows, columns, simd.load), 2);
    if (odd) {
      const last = at.map((base, k) => shift(base, (inner.size - 1) * inner.steps[k])) as unknown as Bases;
      nest(f, summed.slice(0, -1), last, (moved) => step(rows, columns, simd.load64Zero)(moved, cells));
    }
    for (const r of range(rows)) putSums(tile, shift(at[2], r * row.steps[2]), cells.slice(r * columns, (r + 1) * columns));
  };
  const wide = Math.min(column.size, 4);
  tiles(f, row.size, Math.min(row.size, wide >= 3 ? 2 : 4), row, bases, (rows, rowBases) =>
    tiles(f, column.size, wide, column, rowBases, (columns, at) => block(rows, columns, at)));
}

/** Stores the sums of the lanes of neighbouring accumulators, two at a time where the result is contiguous. */
function putSums(tile: Tile, at: Address, cells: readonly number[]): void {
  const { f, column } = tile;
  const lanes = (x: number, y: number, lane: 0 | 1): void => {
    f.get(x);
    f.get(y);
    const first = range(8).map((i) => 8 * lane + i);
    f.simd(simd.shuffle, ...first, ...first.map((i) => 16 + i));
  };
  for (let c = 0; c < cells.length; ) {
    const pair = column.steps[2] === 1 && c + 1 < cells.length;
    const [x, y] = [cells[c], cells[pair ? c + 1 : c]];
    const total = f.vector(() => {
      lanes(x, y, 0);
      lanes(x, y, 1);
      f.simd(simd.add);
    });
    put(tile, shift(at, c * column.steps[2]), total, !pair);
    c += pair ? 2 : 1;
  }
}

/** No contiguous axis: single numbers, four results at a time. */
function numberByNumber(tile: Tile, bases: Bases): void {
  const { f, row, column } = tile;
  tiles(f, row.size, 1, row, bases, (_rows, rowBases) =>
    tiles(f, column.size, Math.min(column.size, 4), column, rowBases, (columns, at) => {
      const cells = accumulate(tile, at, columns, ([a, b], sums) => {
        const left = f.vector(() => f.load(a, simd.load64Zero));
        for (const c of range(columns)) multiplyAdd(f, sums[c], left, f.vector(() => f.load(shift(b, c * column.steps[1]), simd.load64Zero)));
      });
      cells.forEach((cell, c) => put(tile, shift(at[2], c * column.steps[2]), cell, true));
    }));
}
