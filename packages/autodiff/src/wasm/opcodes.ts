/** WebAssembly opcodes by name. @source WebAssembly core specification 2.0, appendix "Index of Instructions" */
export const op = {
  block: 0x02,
  loop: 0x03,
  end: 0x0b,
  if: 0x04,
  brIf: 0x0d,
  call: 0x10,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i32Const: 0x41,
  i32LtU: 0x49,
  i32Add: 0x6a,
  i32Sub: 0x6b,
} as const;

/** Opcodes of single float64 numbers. */
export const scalar = {
  load: 0x2b,
  store: 0x39,
  constant: 0x44,
  greater: 0x64,
  abs: 0x99,
  sub: 0xa1,
  mul: 0xa2,
  div: 0xa3,
} as const;

/** Opcodes behind the vector prefix. */
export const simd = {
  load: 0x00,
  load64Splat: 0x0a,
  store: 0x0b,
  constant: 0x0c,
  shuffle: 0x0d,
  splat: 0x14,
  extractLane: 0x21,
  replaceLane: 0x22,
  ne: 0x48,
  lt: 0x49,
  gt: 0x4a,
  ge: 0x4c,
  and: 0x4e,
  or: 0x50,
  xor: 0x51,
  andNot: 0x4f,
  select: 0x52,
  anyTrue: 0x53,
  load64Lane: 0x57,
  store64Lane: 0x5b,
  load64Zero: 0x5d,
  i64ShiftLeft: 0xcb,
  i64ShiftRight: 0xcc,
  i64Add: 0xce,
  i64Sub: 0xd1,
  abs: 0xec,
  neg: 0xed,
  sqrt: 0xef,
  add: 0xf0,
  sub: 0xf1,
  mul: 0xf2,
  div: 0xf3,
  min: 0xf4,
  max: 0xf5,
} as const;

/** Value types. */
export const i32 = 0x7f;
/** A vector of two float64. */
export const v128 = 0x7b;
export const f64 = 0x7c;
