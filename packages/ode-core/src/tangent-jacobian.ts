import type { JacobianEvaluator } from "./jacobian.ts";
import { timeDerivative } from "./time-derivative.ts";
import type { BoundField, TangentBlocks } from "./vector-field.ts";

/** The field `u -> J(t, u) s_j + F_j(t, u)` of one block of tangents, which are held. */
export class HeldBlock {
  readonly field: BoundField;
  readonly #tangents: Float64Array;
  #j = 0;

  constructor(blocks: TangentBlocks, n: number) {
    const tangents = new Float64Array(n);
    this.#tangents = tangents;
    this.field = { rhs: (t, u, out) => blocks.block(this.#j, t, u, tangents, out) };
  }

  /** Takes block `j` from the state `w` of all blocks. */
  hold(j: number, w: Float64Array): void {
    const tangents = this.#tangents, n = tangents.length;
    this.#j = j;
    for (let i = 0, at = n * (1 + j); i < n; i++, at++) tangents[i] = w[at];
  }
}

/**
 * Jacobians of a field with blocks of tangents, block lower triangular: that of the first block, which stands in all of the diagonal, and then those by it of each of the others.
 */
export class TangentJacobian implements JacobianEvaluator {
  readonly #f: BoundField;
  readonly #count: number;
  readonly #core: JacobianEvaluator;
  readonly #block: HeldBlock;
  readonly #byBlock: JacobianEvaluator;
  readonly #state: Float64Array;
  readonly #part: Float64Array;
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  #nf = 0;
  njac = 0;

  /**
   * @param core - For the first block, of `n` components.
   * @param byBlock - For the field of `block`, which is called instead of `f`: none of its evaluations counts as one of `f`.
   */
  constructor(f: BoundField, n: number, count: number, core: JacobianEvaluator, block: HeldBlock, byBlock: JacobianEvaluator) {
    [this.#f, this.#count, this.#core, this.#block, this.#byBlock] = [f, count, core, block, byBlock];
    [this.#state, this.#part] = [new Float64Array(n), new Float64Array(core.size)];
    [this.#low, this.#high] = [new Float64Array(n * (1 + count)), new Float64Array(n * (1 + count))];
  }

  get size(): number {
    return this.#core.size * (1 + this.#count);
  }

  get nf(): number {
    return this.#nf + this.#core.nf;
  }

  evaluate(t: number, w: Float64Array, out: Float64Array): void {
    const u = this.#first(w), part = this.#part;
    this.njac++;
    this.#core.evaluate(t, u, part);
    out.set(part);
    for (let j = 0; j < this.#count; j++) {
      this.#block.hold(j, w);
      this.#byBlock.evaluate(t, u, part);
      out.set(part, part.length * (1 + j));
    }
  }

  norm(J: Float64Array, w: Float64Array): number {
    return this.#core.norm(J, this.#first(w));
  }

  timeDerivative(t: number, h: number, w: Float64Array, slope: Float64Array, out: Float64Array): void {
    timeDerivative(this.#f, t, h, w, slope, this.#low, this.#high, out);
    this.#nf += 2;
  }

  #first(w: Float64Array): Float64Array {
    const state = this.#state;
    for (let i = 0; i < state.length; i++) state[i] = w[i];
    return state;
  }
}
