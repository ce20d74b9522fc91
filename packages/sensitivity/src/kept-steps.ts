/** The kept steps of a solve: start, length and starting state of each. Grows by doubling. */
export class KeptSteps {
  readonly #n: number;
  #times = new Float64Array(32);
  #lengths = new Float64Array(32);
  #states: Float64Array;
  #count = 0;

  /** @param n - Length of the state. */
  constructor(n: number) {
    this.#n = n;
    this.#states = new Float64Array(32 * n);
  }

  get length(): number {
    return this.#count;
  }

  /** All states, that of step i from `i n` on. Replaced when the tape grows. */
  get states(): Float64Array {
    return this.#states;
  }

  t(i: number): number {
    return this.#times[i];
  }

  h(i: number): number {
    return this.#lengths[i];
  }

  push(t: number, h: number, u: Float64Array): void {
    const i = this.#count++;
    if (i === this.#times.length) {
      this.#times = doubled(this.#times);
      this.#lengths = doubled(this.#lengths);
      this.#states = doubled(this.#states);
    }
    this.#times[i] = t;
    this.#lengths[i] = h;
    this.#states.set(u, i * this.#n);
  }
}

/** A copy of twice the length, and of at least `least`. */
export function doubled(x: Float64Array, least = 0): Float64Array<ArrayBuffer> {
  const out = new Float64Array(Math.max(least, 2 * x.length));
  out.set(x);
  return out;
}
