import { assertLength, type BoundField, type ButcherTableau, type EvaluationTape, type StepTape, type VectorField } from "@fluxion/ode-core";

/** States of a batch that are computed together: as many as registers and the innermost cache hold. Odd numbers leave lanes of vectors empty. */
export const tileSize: number = 4;

/** What {@link tiledField} makes: all but what depends on how the field was made. */
interface TiledField extends Pick<VectorField, "dim" | "provides"> {
  readonly bind: (p: Float64Array) => BoundTiles;
}

type BoundTiles = BoundField & Required<Pick<BoundField, "jvp" | "vjp" | "gradientBuffer">>;

/**
 * `count` copies of a field in tiles of a few, so that neither the time for one state nor that to compile depends on `count`. The tiles are run one after
 * another by one field, and those states that fill no tile by another; states have the same bits as in any other batch.
 *
 * @param tile - Makes the field of so many copies, with `jvp` and `vjp`.
 * @param size - Copies in a tile.
 */
export function tiledField(tile: (count: number) => VectorField, count: number, size: number = tileSize): TiledField {
  const rest = count % size;
  const fields = [{ field: tile(size), rounds: (count - rest) / size }, ...(rest > 0 ? [{ field: tile(rest), rounds: 1 }] : [])];
  return {
    dim: fields.reduce((n, { field, rounds }) => n + rounds * field.dim, 0),
    provides: new Set(["jvp", "vjp"]),
    bind: (p) => bindTiles(tilesOf(fields.map(({ field, rounds }) => ({ n: field.dim, rounds, bound: field.bind(p) })))),
  };
}

/** One tile of a batch. */
interface Tile {
  readonly bound: BoundField;
  /** Which of the bound fields it is. */
  readonly kind: number;
  /** Which of the tiles of its field it is, of how many. */
  readonly round: number;
  readonly rounds: number;
  /** Where its states begin. */
  readonly at: number;
  /** To move its parts of whole arrays through; all tiles of a field share them. */
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly out: Float64Array;
}

function tilesOf(fields: readonly { readonly n: number; readonly rounds: number; readonly bound: BoundField }[]): Tile[] {
  let at = 0;
  return fields.flatMap(({ n, rounds, bound }, kind) => {
    const [a, b, out] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
    return Array.from({ length: rounds }, (_, round): Tile => ({ bound, kind, round, rounds, at: (at += n) - n, a, b, out }));
  });
}

function bindTiles(tiles: readonly Tile[]): BoundTiles {
  const fields = [...new Set(tiles.map(({ bound }) => bound))];
  const n = tiles.reduce((sum, { a }) => sum + a.length, 0);
  return {
    rhs: (t, u, out) => {
      assertLength("u", u, n);
      for (const { bound, at, a, out: part } of tiles) {
        take(u, at, a);
        bound.rhs(t, a, part);
        put(part, out, at);
      }
    },
    jvp: (t, u, du, dp, out) => {
      assertLength("u", u, n);
      assertLength("du", du, n);
      for (const { bound, at, a, b, out: part } of tiles) {
        take(u, at, a);
        take(du, at, b);
        bound.jvp!(t, a, b, dp, part);
        put(part, out, at);
      }
    },
    vjp: (t, u, w, outU, outP) => {
      assertLength("u", u, n);
      assertLength("w", w, n);
      for (const { bound, at, a, b, out: part } of tiles) {
        take(u, at, a);
        take(w, at, b);
        bound.vjp!(t, a, b, part, outP);
        put(part, outU, at);
      }
    },
    gradientBuffer: () => fields[0].gradientBuffer!(),
    tape: () => new TiledEvaluations(tiles, fields.map((bound) => bound.tape!())),
    stepTape: (tableau: ButcherTableau) => {
      const tapes = fields.flatMap((bound) => bound.stepTape?.(tableau) ?? []);
      return tapes.length === fields.length ? new TiledSteps(tiles, tapes) : undefined;
    },
  };
}

/** What tapes of tiles have in common: one tape for each field. Entry `i` of the whole is entry `i * rounds + round` of each tile. */
abstract class TiledTape<T extends EvaluationTape | StepTape> {
  protected readonly tiles: readonly Tile[];
  protected readonly tapes: readonly T[];
  /** What was pushed last: it is handed over when all tiles had room. */
  readonly #pushed: Float64Array;
  protected length = 0;
  protected full = false;

  constructor(tiles: readonly Tile[], tapes: readonly T[]) {
    this.tiles = tiles;
    this.tapes = tapes;
    this.#pushed = new Float64Array(tiles.reduce((n, { out }) => n + out.length, 0));
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
    for (const { kind, at, a, out: part } of this.tiles) {
      if (this.full) return -1;
      take(u, at, a);
      this.full = this.pushOne(this.tapes[kind], t, h, a, part) < 0;
      put(part, this.#pushed, at);
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
    for (const { kind, round, rounds, at, a, out } of this.tiles) {
      take(w, at, a);
      this.tapes[kind].vjp(i * rounds + round, a, out);
      put(out, outU, at);
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
    for (const { kind, round, rounds, at, a } of this.tiles) {
      take(lambda, at, a);
      this.tapes[kind].pull(i * rounds + round, a);
      put(a, lambda, at);
    }
  }
}

function take(whole: Float64Array, at: number, part: Float64Array): void {
  for (let i = 0; i < part.length; i++) part[i] = whole[at + i];
}

function put(part: Float64Array, whole: Float64Array, at: number): void {
  for (let i = 0; i < part.length; i++) whole[at + i] = part[i];
}
