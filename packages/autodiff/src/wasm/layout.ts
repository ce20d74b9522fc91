import { planMemory } from "../lower/memory-plan.ts";
import type { Placement } from "../lower/placements.ts";
import type { Schedule } from "../lower/schedule.ts";
import { literalPrimitive, signed, type Tensor } from "../tensor.ts";
import type { Program } from "../trace.ts";
import type { NumberFormat } from "./number-format.ts";

/** How many vector constants the start of the memory holds. */
export const poolSize = 192;
/** Where everything is in the memory, in numbers: constants, literals, intermediate results, then each input and output. */
export interface Layout {
  readonly start: number;
  /** Constants that operations read as arrays. */
  readonly constants: ReadonlyMap<string, number>;
  readonly literals: ReadonlyMap<Tensor, number>;
  readonly arena: number;
  readonly offsets: ReadonlyMap<Tensor, number>;
  /** Results that stand in an output. */
  readonly placed: ReadonlyMap<Tensor, Placement>;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** The inputs, and outputs counted on from the inputs, whose places are told on each call. */
  readonly moving: readonly number[];
  /** The first place that is free. */
  readonly end: number;
}

/** What is settled about a layout. */
export interface Placing {
  /** The first place that is free. Default 0. */
  readonly start?: number;
  /** Places of inputs, and of outputs counted on from the inputs, that stand elsewhere. */
  readonly places?: ReadonlyMap<number, number>;
  /** See {@link Layout.moving}. Default none. */
  readonly moving?: readonly number[];
}

/** Assigns places to everything that a program reads and writes. */
export function layOut({ lanes }: NumberFormat, plan: Schedule, { inputs, outputs }: Program, placed: ReadonlyMap<Tensor, Placement>, { start = 0, places = new Map(), moving = [] }: Placing = {}): Layout {
  let next = start + lanes * poolSize;
  const take = (size: number): number => {
    const at = next;
    next += Math.ceil(size / lanes) * lanes;
    return at;
  };
  const literals = new Map<Tensor, number>();
  const constants = new Map<string, number>();
  for (const { base, value } of plan.views.values()) {
    if (base === null && !constants.has(signed(value))) constants.set(signed(value), take(1));
    else if (base?.primitive === literalPrimitive && !literals.has(base)) literals.set(base, take(base.size));
  }
  const memory = planMemory(plan, placed);
  const arena = take(memory.size);
  const place = (x: Tensor, i: number): number => places.get(i) ?? (moving.includes(i) ? 0 : take(x.size));
  const inputPlaces = inputs.map(place);
  const outputPlaces = outputs.map((y, k) => place(y, inputs.length + k));
  return { start, constants, literals, arena, offsets: memory.offsets, placed, inputs: inputPlaces, outputs: outputPlaces, moving, end: next };
}
