import type { BoundField, ButcherTableau, EvaluationTape, StepTape, VectorField } from "@fluxion/ode-core";

/** States of a batch that are computed together: as many as registers and the innermost cache hold. Odd numbers leave lanes of vectors empty. */
export const tileSize: number = 4;

/** What {@link tiledField} makes: all but what depends on how the field was made. */
type TiledField = Pick<VectorField, "dim" | "provides" | "bind">;

/**
 * `count` copies of a field in tiles of a few, so that neither the time for one state nor that to compile depends on `count`. The tiles are run one after
 * another by one field, and those states that fill no tile by another; states have the same bits as in any other batch.
 *
 * @param tile - Makes the field of so many copies, with `jvp` and `vjp`.
 */
export function tiledField(tile: (count: number) => VectorField, count: number): TiledField {
  const rest = count % tileSize;
  const fields = [{ field: tile(tileSize), rounds: (count - rest) / tileSize }, ...(rest > 0 ? [{ field: tile(rest), rounds: 1 }] : [])];
  return {
    dim: fields.reduce((n, { field, rounds }) => n + rounds * field.dim, 0),
    provides: new Set(["jvp", "vjp"]),
    bind: (p) => bindTiles(fields.map(({ field, rounds }) => new Tiles(field.dim, rounds, field.bind(p)))),
  };
}

/** Tiles of one size, with windows to move their parts of whole arrays through. */
class Tiles {
  readonly rounds: number;
  readonly bound: BoundField;
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly out: Float64Array;

  constructor(n: number, rounds: number, bound: BoundField) {
    this.rounds = rounds;
    this.bound = bound;
    [this.a, this.b, this.out] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  }
}

function bindTiles(all: readonly Tiles[]): BoundField {
  return {
    rhs: (t, u, out) => {
      let at = 0;
      for (const { rounds, bound, a, out: part } of all) {
        for (let k = 0; k < rounds; k++, at += part.length) {
          take(u, at, a);
          bound.rhs(t, a, part);
          put(part, out, at);
        }
      }
    },
    jvp: (t, u, du, dp, out) => {
      let at = 0;
      for (const { rounds, bound, a, b, out: part } of all) {
        for (let k = 0; k < rounds; k++, at += part.length) {
          take(u, at, a);
          take(du, at, b);
          bound.jvp!(t, a, b, dp, part);
          put(part, out, at);
        }
      }
    },
    vjp: (t, u, w, outU, outP) => {
      let at = 0;
      for (const { rounds, bound, a, b, out: part } of all) {
        for (let k = 0; k < rounds; k++, at += part.length) {
          take(u, at, a);
          take(w, at, b);
          bound.vjp!(t, a, b, part, outP);
          put(part, outU, at);
        }
      }
    },
    gradientBuffer: () => all[0].bound.gradientBuffer!(),
    tape: () => new TiledEvaluations(all, all.map(({ bound }) => bound.tape!())),
    stepTape: (tableau: ButcherTableau) => {
      const tapes = all.flatMap(({ bound }) => bound.stepTape?.(tableau) ?? []);
      return tapes.length === all.length ? new TiledSteps(all, tapes) : undefined;
    },
  };
}

/** What tapes of tiles have in common. Entry `i` of the whole is entry `i * rounds + k` for tile `k` of `rounds`. */
abstract class TiledTape<T extends EvaluationTape | StepTape> {
  protected readonly all: readonly Tiles[];
  protected readonly tapes: readonly T[];
  /** What was pushed last: it is handed over when all tiles had room. */
  readonly #pushed: Float64Array;
  protected length = 0;
  protected full = false;

  constructor(all: readonly Tiles[], tapes: readonly T[]) {
    this.all = all;
    this.tapes = tapes;
    this.#pushed = new Float64Array(all.reduce((n, { rounds, out }) => n + rounds * out.length, 0));
  }

  get open(): boolean {
    return this.tapes.every((tape) => tape.open);
  }

  clearGradient(): void {
    for (const tape of this.tapes) tape.clearGradient();
  }

  addGradient(out: Float64Array): void {
    for (const tape of this.tapes) tape.addGradient(out);
  }

  /** Pushes `u` tile by tile on tapes that may fill up at any of them, after which none takes more. */
  protected pushAll(t: number, h: number, u: Float64Array, out: Float64Array): number {
    let at = 0;
    for (let j = 0; j < this.all.length && !this.full; j++) {
      const { rounds, a, out: part } = this.all[j];
      for (let k = 0; k < rounds && !this.full; k++, at += part.length) {
        take(u, at, a);
        this.full = this.pushOne(this.tapes[j], t, h, a, part) < 0;
        put(part, this.#pushed, at);
      }
    }
    if (this.full) return -1;
    out.set(this.#pushed);
    return this.length++;
  }

  protected abstract pushOne(tape: T, t: number, h: number, u: Float64Array, out: Float64Array): number;
}

class TiledEvaluations extends TiledTape<EvaluationTape> implements EvaluationTape {
  push(t: number, u: Float64Array, out: Float64Array): number {
    return this.pushAll(t, 0, u, out);
  }

  protected pushOne(tape: EvaluationTape, t: number, _h: number, u: Float64Array, out: Float64Array): number {
    return tape.push(t, u, out);
  }

  vjp(i: number, w: Float64Array, outU: Float64Array): void {
    let at = 0;
    for (let j = 0; j < this.all.length; j++) {
      const { rounds, a, out } = this.all[j];
      for (let k = 0; k < rounds; k++, at += out.length) {
        take(w, at, a);
        this.tapes[j].vjp(i * rounds + k, a, out);
        put(out, outU, at);
      }
    }
  }

  rewind(): void {
    for (const tape of this.tapes) tape.rewind();
    this.length = 0;
    this.full = false;
  }
}

class TiledSteps extends TiledTape<StepTape> implements StepTape {
  get stages(): number {
    return this.tapes[0].stages;
  }

  push(t: number, h: number, u: Float64Array, out: Float64Array): number {
    return this.pushAll(t, h, u, out);
  }

  protected pushOne(tape: StepTape, t: number, h: number, u: Float64Array, out: Float64Array): number {
    return tape.push(t, h, u, out);
  }

  pull(i: number, lambda: Float64Array): void {
    let at = 0;
    for (let j = 0; j < this.all.length; j++) {
      const { rounds, a } = this.all[j];
      for (let k = 0; k < rounds; k++, at += a.length) {
        take(lambda, at, a);
        this.tapes[j].pull(i * rounds + k, a);
        put(a, lambda, at);
      }
    }
  }
}

function take(whole: Float64Array, at: number, part: Float64Array): void {
  for (let i = 0; i < part.length; i++) part[i] = whole[at + i];
}

function put(part: Float64Array, whole: Float64Array, at: number): void {
  for (let i = 0; i < part.length; i++) whole[at + i] = part[i];
}
