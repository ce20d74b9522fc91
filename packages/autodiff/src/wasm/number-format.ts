import type { Dtype, Numbers } from "../compile.ts";
import { f32x4, f64x2, type VectorOp } from "./opcodes.ts";

/** The kind of number that a kernel computes with. */
export interface NumberFormat {
  readonly bytes: 4 | 8;
  /** Numbers in a vector of 16 bytes. */
  readonly lanes: 2 | 4;
  readonly code: Readonly<Record<VectorOp, number>>;
  /** Whether products are added without rounding in between, by relaxed SIMD, which not every host has. */
  readonly fused: boolean;
  /** A window on memory. */
  view(buffer: ArrayBuffer, byteOffset?: number, length?: number): Numbers;
}

/** @param fused - Use fused multiply-add, which the host must have. */
export const numberFormat = (dtype: Dtype, fused: boolean): NumberFormat =>
  dtype === "f64"
    ? { bytes: 8, lanes: 2, code: f64x2, fused, view: (...window) => new Float64Array(...window) }
    : { bytes: 4, lanes: 4, code: f32x4, fused, view: (...window) => new Float32Array(...window) };
