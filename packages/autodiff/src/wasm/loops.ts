import { collapse } from "../lower/collapse.ts";
import type { Shape } from "../tensor.ts";
import type { Address, FunctionBuilder } from "./function-builder.ts";

/** A strided window on memory: strides count numbers, not bytes. */
export interface Operand {
  readonly at: Address;
  readonly strides: readonly number[];
}

/** What a loop body works with. */
export interface Body {
  /** How many entries it treats, in the first lanes: as many as a vector has, or fewer at the end of an axis. One alone stands in every lane. */
  readonly lanes: number;
  /** The vector local of load operand `k`, which is loaded where it is first asked for: loaded long before, it would have to wait on the stack. */
  load(k: number): number;
  /** Stores a vector local to store operand `k`. */
  store(k: number, local: number): void;
}

/** A vector with the entries that follow an address, or with one entry in every lane. */
const loadLanes = (f: FunctionBuilder, at: Address, stride: number, lanes: number): number =>
  stride === 0 || lanes === 1 ? f.vector(() => f.load(at, "loadSplat")) : f.loadPart(at, lanes, stride);

/** Addresses that a loop moves along the first of `strides`: one pointer for all operands that move alike from the same place. */
function pointersFor(f: FunctionBuilder, at: readonly Address[], strides: readonly (readonly number[])[]): { moved: Address[]; advance: (entries: number) => void } {
  const pointers = new Map<string, { local: number; step: number }>();
  const moved = at.map((address, k): Address => {
    if (strides[k].every((s) => s === 0)) return address;
    const key = `${address.local} ${strides[k].join()}`;
    let pointer = pointers.get(key);
    if (!pointer) {
      pointer = { local: f.pin({ local: address.local, bytes: 0 }), step: strides[k][0] };
      pointers.set(key, pointer);
    }
    return { local: pointer.local, bytes: address.bytes };
  });
  return { moved, advance: (entries) => pointers.forEach(({ local, step }) => f.advance(local, step * entries)) };
}

/**
 * A loop nest over `shape`, a vector of entries of the innermost axis at a time and what is left at its end. Loads stand at
 * the outermost level where they do not change.
 */
export function emitLoops(f: FunctionBuilder, shape: Shape, loads: readonly Operand[], stores: readonly Operand[], emit: (body: Body) => void): void {
  const operands = [...loads, ...stores];
  const width = f.format.lanes;
  // A sum of all entries must not depend on whether they are neighbours in memory: each is added in the lane that it has along the last axis.
  const { shape: sizes, strides } = collapse(shape, operands, stores.length === 0 ? width : 1);
  const depth = sizes.length;
  const moves = (k: number, from: number): boolean => strides[k].slice(from).some((s) => s !== 0);
  const values = new Array<number>(loads.length).fill(-1);

  const visit = (level: number, at: readonly Address[]): void => {
    // Loads that no deeper axis moves.
    loads.forEach((_, k) => {
      if (values[k] < 0 && !moves(k, level)) values[k] = loadLanes(f, at[k], 0, 1);
    });
    if (level === depth) {
      emit({ lanes: 1, load: (k) => values[k], store: (k, local) => f.storePart(at[loads.length + k], local, 1) });
      return;
    }
    const inner = level === depth - 1;
    const count = inner ? Math.floor(sizes[level] / width) : sizes[level];
    const rest = inner ? sizes[level] % width : 0;
    // What fills no vector is taken at once; by sums one by one.
    const [ends, end] = stores.length > 0 ? [Math.min(rest, 1), rest] : [rest, 1];
    const looped = count > 1 || ends > 1;
    const { moved, advance } = looped ? pointersFor(f, at, strides.map((own) => own.slice(level))) : { moved: at, advance: () => {} };
    if (!inner) {
      f.repeat(count, () => {
        const outer = values.slice();
        visit(level + 1, moved);
        values.splice(0, values.length, ...outer);
        advance(1);
      });
      return;
    }
    const body = (lanes: number, shift: number): void => {
      const here = (k: number): Address => f.shift(moved[k], shift * strides[k][level]);
      const own = values.slice();
      const load = (k: number): number => (own[k] < 0 ? (own[k] = loadLanes(f, here(k), strides[k][level], lanes)) : own[k]);
      emit({ lanes, load, store: (k, local) => f.storePart(here(loads.length + k), local, lanes, strides[loads.length + k][level]) });
    };
    f.repeat(count, () => {
      f.scope(() => body(width, 0));
      advance(width);
    });
    f.repeat(ends, () => {
      f.scope(() => body(end, looped ? 0 : count * width));
      advance(end);
    });
  };
  visit(0, operands.map((o) => o.at));
}
