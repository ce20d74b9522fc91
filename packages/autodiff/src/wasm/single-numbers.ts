import type { Address, FunctionBuilder } from "./function-builder.ts";
import { scalar } from "./opcodes.ts";

/** Pushes the number at an address, as float64 whatever stands in memory. */
export function pushNumber(f: FunctionBuilder, at: Address): void {
  const single = f.format.bytes === 4;
  f.pointer(at);
  f.scalarMemory(single ? scalar.load32 : scalar.load64, at);
  if (single) f.emit(scalar.toDouble);
}

/** Stores the float64 that `push` leaves at an address. */
export function storeNumber(f: FunctionBuilder, at: Address, push: () => void): void {
  const single = f.format.bytes === 4;
  f.pointer(at);
  push();
  if (single) f.emit(scalar.toSingle);
  f.scalarMemory(single ? scalar.store32 : scalar.store64, at);
}

/** Pushes a number that is known. */
export const pushConstant = (f: FunctionBuilder, value: number): void => f.emit(scalar.constant, ...new Uint8Array(Float64Array.of(value).buffer));
