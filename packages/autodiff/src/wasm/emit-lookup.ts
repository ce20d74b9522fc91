import { addAtPrimitive, searchSortedPrimitive } from "../lookup.ts";
import type { Tensor } from "../tensor.ts";
import type { Address, FunctionBuilder } from "./function-builder.ts";
import { f64, i32, op, scalar } from "./opcodes.ts";
import { pushConstant, pushNumber, storeNumber } from "./single-numbers.ts";

/** Code of `searchSorted`, `take` and `addAt` (whose result is zero before), as their `evaluate` does it: a place after the other, in single numbers. */
export function emitLookup(f: FunctionBuilder, node: Tensor, table: Address, places: Address, out: Address): void {
  const [{ shape: sizes }, { shape: [stacks, k] }] = node.args;
  const searches = node.primitive === searchSortedPrimitive;
  const adds = node.primitive === addAtPrimitive;
  const n = adds ? (node.attrs.n as number) : sizes[1];
  const r = searches ? 1 : sizes[2];
  // What moves by the stack is the table and, where it is added to, the result; what moves by the place are the others.
  const [byStack, byPlace] = (adds ? [out, table] : [table, out]).map((at) => f.pin(at));
  const place = f.pin(places);
  f.repeat(stacks, () => {
    f.repeat(k, () => {
      f.scope(() => {
        const value = f.local(f64);
        pushNumber(f, behind(f, place));
        f.set(value);
        if (searches) search(f, value, n, byStack, byPlace);
        else moveRow(f, { value, n, r, byStack, byPlace, missing: adds ? null : (node.attrs.missing as number) });
      });
      f.advance(place, 1);
      f.advance(byPlace, r);
    });
    f.advance(byStack, n * r);
  });
}

/** `shift` numbers behind an address in a local. */
const behind = (f: FunctionBuilder, local: number, shift = 0): Address => f.shift({ local, bytes: 0 }, shift);

/** A new local with the address `index` numbers behind another one. */
function indexed(f: FunctionBuilder, at: number, index: number): number {
  const local = f.local(i32);
  f.get(at);
  f.get(index);
  f.constant(f.format.bytes === 8 ? 3 : 2);
  f.emit(op.i32ShiftLeft, op.i32Add);
  f.set(local);
  return local;
}

/** Halves the range of what may be the count of the `n` numbers that are at most `value`. */
function search(f: FunctionBuilder, value: number, n: number, sorted: number, out: number): void {
  const [low, high, middle, isBelow] = [0, n, 0, 0].map((start) => {
    const local = f.local(i32);
    f.constant(start);
    f.set(local);
    return local;
  });
  if (n > 0) {
    f.emit(op.loop, 0x40);
    f.get(low);
    f.get(high);
    f.emit(op.i32Add);
    f.constant(1);
    f.emit(op.i32ShiftRight);
    f.set(middle);
    pushNumber(f, behind(f, indexed(f, sorted, middle)));
    f.get(value);
    f.emit(scalar.atMost);
    f.set(isBelow);
    const choose = (to: number, ifBelow: () => void, otherwise: () => void): void => {
      ifBelow();
      otherwise();
      f.get(isBelow);
      f.emit(op.select);
      f.set(to);
    };
    choose(high, () => f.get(high), () => f.get(middle));
    choose(low, () => { f.get(middle); f.constant(1); f.emit(op.i32Add); }, () => f.get(low));
    f.get(low);
    f.get(high);
    f.emit(op.i32LtU, op.brIf, 0, op.end);
  }
  storeNumber(f, behind(f, out), () => {
    f.get(low);
    f.emit(scalar.fromUnsigned);
  });
}

interface Row {
  /** The local with the row's number. */
  readonly value: number;
  readonly n: number;
  readonly r: number;
  readonly byStack: number;
  readonly byPlace: number;
  /** What stands for a row that there is not; null where a row is added to those of the stack. */
  readonly missing: number | null;
}

/** Copies a row of the stack to its place, or adds it from there. */
function moveRow(f: FunctionBuilder, { value, n, r, byStack, byPlace, missing }: Row): void {
  f.get(value);
  pushConstant(f, 0);
  f.emit(scalar.atLeast);
  f.get(value);
  pushConstant(f, n);
  f.emit(scalar.less, op.i32And, op.if, 0x40);
  const start = f.local(i32);
  f.get(value);
  f.emit(scalar.truncate);
  f.constant(r);
  f.emit(op.i32Mul);
  f.set(start);
  const row = indexed(f, byStack, start);
  eachOf(f, r, [row, byPlace], ([inStack, own], j) => {
    const [theirs, mine] = [behind(f, inStack, j), behind(f, own, j)];
    if (missing !== null) return storeNumber(f, mine, () => pushNumber(f, theirs));
    storeNumber(f, theirs, () => {
      pushNumber(f, theirs);
      pushNumber(f, mine);
      f.emit(scalar.add);
    });
  });
  if (missing !== null) {
    f.emit(op.else);
    eachOf(f, r, [byPlace], ([own], j) => storeNumber(f, behind(f, own, j), () => pushConstant(f, missing)));
  }
  f.emit(op.end);
}

/** `body` for each of `count` numbers behind addresses: written out for a few, else in a loop that moves copies of them. */
function eachOf(f: FunctionBuilder, count: number, at: readonly number[], body: (at: readonly number[], j: number) => void): void {
  if (count <= 8) {
    for (let j = 0; j < count; j++) body(at, j);
    return;
  }
  const moved = at.map((local) => f.pin({ local, bytes: 0 }));
  f.repeat(count, () => {
    body(moved, 0);
    moved.forEach((local) => f.advance(local, 1));
  });
}
