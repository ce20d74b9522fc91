import { collapse } from "../lower/collapse.ts";
import type { Shape } from "../tensor.ts";
import type { Address, FunctionBuilder } from "./function-builder.ts";
import { simd } from "./opcodes.ts";

/** A strided window on memory: strides count numbers, not bytes. */
export interface Operand {
  readonly at: Address;
  readonly strides: readonly number[];
}

/** What a loop body works with: one vector local per load, and a way to store. */
export interface Body {
  readonly lanes: 1 | 2;
  readonly loads: readonly number[];
  /** Stores a vector local to store operand `k`. */
  store(k: number, local: number): void;
}

/** Adds the entries that follow an address in lane order. */
function loadLanes(f: FunctionBuilder, at: Address, stride: number, lanes: 1 | 2): number {
  if (stride === 0 || lanes === 1) return f.vector(() => f.load(at, simd.load64Splat));
  if (stride === 1) return f.vector(() => f.load(at));
  const second = { local: at.local, bytes: at.bytes + 8 * stride };
  return f.vector(() => {
    f.pointer(second);
    f.load(at, simd.load64Zero);
    f.memory(simd.load64Lane, second, 1);
  });
}

function storeLanes(f: FunctionBuilder, at: Address, stride: number, lanes: 1 | 2, local: number): void {
  const lane = (address: Address, index: number): void => {
    f.pointer(address);
    f.get(local);
    f.memory(simd.store64Lane, address, index);
  };
  if (lanes === 1) lane(at, 0);
  else if (stride === 1) {
    f.pointer(at);
    f.get(local);
    f.memory(simd.store, at);
  } else {
    lane(at, 0);
    lane({ local: at.local, bytes: at.bytes + 8 * stride }, 1);
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
      pointer = { local: f.pin({ local: address.local, bytes: 0 }), step: 8 * strides[k][0] };
      pointers.set(key, pointer);
    }
    return { local: pointer.local, bytes: address.bytes };
  });
  return { moved, advance: (entries) => pointers.forEach(({ local, step }) => f.advance(local, step * entries)) };
}

/**
 * A loop nest over `shape`, two entries of the innermost axis at a time and a single one at its odd end. Loads stand at
 * the outermost level where they do not change.
 */
export function emitLoops(f: FunctionBuilder, shape: Shape, loads: readonly Operand[], stores: readonly Operand[], emit: (body: Body) => void): void {
  const operands = [...loads, ...stores];
  const { shape: sizes, strides } = collapse(shape, operands);
  const depth = sizes.length;
  const moves = (k: number, from: number): boolean => strides[k].slice(from).some((s) => s !== 0);
  const values = new Array<number>(loads.length).fill(-1);

  const visit = (level: number, at: readonly Address[]): void => {
    // Loads that no deeper axis moves.
    loads.forEach((_, k) => {
      if (values[k] < 0 && !moves(k, level)) values[k] = loadLanes(f, at[k], 0, 1);
    });
    if (level === depth) {
      emit({ lanes: 1, loads: [...values], store: (k, local) => storeLanes(f, at[loads.length + k], 0, 1, local) });
      return;
    }
    const inner = level === depth - 1;
    const count = inner ? Math.floor(sizes[level] / 2) : sizes[level];
    const looped = count > 1 || (inner && sizes[level] > 2);
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
    const body = (lanes: 1 | 2, shift: number): void => {
      const here = (k: number): Address => ({ local: moved[k].local, bytes: moved[k].bytes + 8 * shift * strides[k][level] });
      const own = loads.map((_, k) => (values[k] >= 0 ? values[k] : loadLanes(f, here(k), strides[k][level], lanes)));
      emit({ lanes, loads: own, store: (k, local) => storeLanes(f, here(loads.length + k), strides[loads.length + k][level], lanes, local) });
    };
    f.repeat(count, () => {
      body(2, 0);
      advance(2);
    });
    if (sizes[level] % 2 === 1) body(1, looped ? 0 : 2 * count);
  };
  visit(0, operands.map((o) => o.at));
}
