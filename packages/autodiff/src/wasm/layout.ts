import { planMemory } from "../lower/memory-plan.ts";
import type { Placement } from "../lower/placements.ts";
import type { Schedule } from "../lower/schedule.ts";
import { literalPrimitive, type Tensor } from "../tensor.ts";
import type { Program } from "../trace.ts";
import type { NumberFormat } from "./number-format.ts";

/** How many vector constants the start of the memory holds. */
export const poolSize = 192;
/** Text that tells -0 from 0 and reads back as the same number. */
export const exact = (x: number): string => (Object.is(x, -0) ? "-0" : String(x));
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
  /** The first place that is free. */
  readonly end: number;
}

/** Assigns places, from `start` on, to everything that a program reads and writes but to inputs that have a place already. */
export function layOut({ lanes }: NumberFormat, plan: Schedule, { inputs, outputs }: Program, placed: ReadonlyMap<Tensor, Placement>, start = 0, places: ReadonlyMap<number, number> = new Map()): Layout {
  let next = start + lanes * poolSize;
  const take = (size: number): number => {
    const at = next;
    next += Math.ceil(size / lanes) * lanes;
    return at;
  };
  const literals = new Map<Tensor, number>();
  const constants = new Map<string, number>();
  for (const { base, value } of plan.views.values()) {
    if (base === null && !constants.has(exact(value))) constants.set(exact(value), take(1));
    else if (base?.primitive === literalPrimitive && !literals.has(base)) literals.set(base, take(base.size));
  }
  const memory = planMemory(plan, placed);
  const arena = take(memory.size);
  const inputPlaces = inputs.map((x, i) => places.get(i) ?? take(x.size));
  const outputPlaces = outputs.map((y) => take(y.size));
  return { start, constants, literals, arena, offsets: memory.offsets, placed, inputs: inputPlaces, outputs: outputPlaces, end: next };
}
