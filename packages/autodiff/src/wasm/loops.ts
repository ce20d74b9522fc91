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
  /** How many entries it treats: as many as a vector has, or one, which then stands in every lane. */
  readonly lanes: number;
  /** The vector local of load operand `k`, which is loaded where it is first asked for: loaded long before, it would have to wait on the stack. */
  load(k: number): number;
  /** Stores a vector local to store operand `k`. */
  store(k: number, local: number): void;
}

/** A vector with the entries that follow an address, or with one entry in every lane. */
function loadLanes(f: FunctionBuilder, at: Address, stride: number, lanes: number): number {
  if (stride === 0 || lanes === 1) return f.vector(() => f.load(at, "loadSplat"));
  if (stride === 1) return f.vector(() => f.load(at));
  let value = f.vector(() => f.load(at, "loadZero"));
  for (let lane = 1; lane < lanes; lane++) {
    const next = f.shift(at, lane * stride);
    const before = value;
    value = f.vector(() => {
      f.pointer(next);
      f.get(before);
      f.memory("loadLane", next, lane);
    });
  }
  return value;
}

function storeLanes(f: FunctionBuilder, at: Address, stride: number, lanes: number, local: number): void {
  if (lanes > 1 && stride === 1) {
    f.pointer(at);
    f.get(local);
    f.memory("store", at);
    return;
  }
  for (let lane = 0; lane < lanes; lane++) {
    const address = f.shift(at, lane * stride);
    f.pointer(address);
    f.get(local);
    f.memory("storeLane", address, lane);
  }
}

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
 * A loop nest over `shape`, a vector of entries of the innermost axis at a time and single ones at its end. Loads stand at
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
      emit({ lanes: 1, load: (k) => values[k], store: (k, local) => storeLanes(f, at[loads.length + k], 0, 1, local) });
      return;
    }
    const inner = level === depth - 1;
    const count = inner ? Math.floor(sizes[level] / width) : sizes[level];
    const rest = inner ? sizes[level] % width : 0;
    const looped = count > 1 || rest > 1;
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
      emit({ lanes, load, store: (k, local) => storeLanes(f, here(loads.length + k), strides[loads.length + k][level], lanes, local) });
    };
    f.repeat(count, () => {
      f.scope(() => body(width, 0));
      advance(width);
    });
    f.repeat(rest, () => {
      f.scope(() => body(1, looped ? 0 : count * width));
      advance(1);
    });
  };
  visit(0, operands.map((o) => o.at));
}
