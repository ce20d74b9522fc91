/** WebAssembly opcodes by name. @source WebAssembly core specification 2.0, appendix "Index of Instructions" */
export const op = {
  loop: 0x03,
  end: 0x0b,
  if: 0x04,
  else: 0x05,
  brIf: 0x0d,
  call: 0x10,
  drop: 0x1a,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i32Const: 0x41,
  i32LtU: 0x49,
  i32Add: 0x6a,
  i32Mul: 0x6c,
  i32And: 0x71,
  i32ShiftLeft: 0x74,
  i32ShiftRight: 0x76,
} as const;

/** Opcodes of single numbers. */
export const scalar = {
  load64: 0x2b,
  load32: 0x2a,
  store64: 0x39,
  store32: 0x38,
  constant: 0x44,
  less: 0x63,
  greater: 0x64,
  atMost: 0x65,
  atLeast: 0x66,
  abs: 0x99,
  add: 0xa0,
  sub: 0xa1,
  mul: 0xa2,
  div: 0xa3,
  /** To i32, rounded to zero: traps where that is none. */
  truncate: 0xaa,
  toSingle: 0xb6,
  fromUnsigned: 0xb8,
  toDouble: 0xbb,
} as const;

/** Opcodes behind the vector prefix that do not depend on the kind of number. */
export const simd = {
  load: 0x00,
  store: 0x0b,
  constant: 0x0c,
  /** 8 bytes: two numbers of 4. The others become zero. */
  loadPair: 0x5d,
  storePair: 0x5b,
  /** Of the two numbers of 8 bytes; the first two numbers of 4 bytes. */
  toSingle: 0x5e,
  toDouble: 0x5f,
  shuffle: 0x0d,
  and: 0x4e,
  or: 0x50,
  xor: 0x51,
  select: 0x52,
  anyTrue: 0x53,
} as const;

/** Opcodes of vectors of two float64, or of int64 with the same bits. */
export const f64x2 = {
  loadSplat: 0x0a,
  loadLane: 0x57,
  loadZero: 0x5d,
  storeLane: 0x5b,
  splat: 0x14,
  extractLane: 0x21,
  replaceLane: 0x22,
  ne: 0x48,
  lt: 0x49,
  gt: 0x4a,
  ge: 0x4c,
  shiftLeft: 0xcb,
  shiftRight: 0xcc,
  intAdd: 0xce,
  intSub: 0xd1,
  abs: 0xec,
  neg: 0xed,
  sqrt: 0xef,
  add: 0xf0,
  sub: 0xf1,
  mul: 0xf2,
  div: 0xf3,
  min: 0xf4,
  max: 0xf5,
  /** `y < x ? y : x` and `x < y ? y : x`: one instruction, where min and max take several. */
  lesser: 0xf6,
  greater: 0xf7,
  /** Of relaxed SIMD, as the next one. */
  multiplyAdd: 0x107,
  /** Of lanes whose mask has all bits or none. */
  laneSelect: 0x10c,
} as const;

/** Names of vector operations on numbers of either kind. */
export type VectorOp = keyof typeof f64x2;

/** Opcodes of vectors of four float32, or of int32 with the same bits. */
export const f32x4: Readonly<Record<VectorOp, number>> = {
  loadSplat: 0x09,
  loadLane: 0x56,
  loadZero: 0x5c,
  storeLane: 0x5a,
  splat: 0x13,
  extractLane: 0x1f,
  replaceLane: 0x20,
  ne: 0x42,
  lt: 0x43,
  gt: 0x44,
  ge: 0x46,
  shiftLeft: 0xab,
  shiftRight: 0xac,
  intAdd: 0xae,
  intSub: 0xb1,
  abs: 0xe0,
  neg: 0xe1,
  sqrt: 0xe3,
  add: 0xe4,
  sub: 0xe5,
  mul: 0xe6,
  div: 0xe7,
  min: 0xe8,
  max: 0xe9,
  lesser: 0xea,
  greater: 0xeb,
  multiplyAdd: 0x105,
  laneSelect: 0x10b,
};

/** Value types. */
export const i32 = 0x7f;
/** A vector of 16 bytes. */
export const v128 = 0x7b;
export const f64 = 0x7c;
export const f32 = 0x7d;
