/**
 * The past of a function of time, `y(t_n), y(t_n-1), ...`, as modified divided differences: `phi_i` is the divided difference
 * over `t_n, ..., t_n-i` times `(t_n - t_n-1) ... (t_n - t_n-i)`. With equal steps these are backward differences. A step of
 * another length only scales them, and a new value is taken in by a running sum. Nothing is allocated after it was made.
 *
 * @source Krogh, in: Proc. Conf. Numer. Sol. of ODEs, Lecture Notes in Math. 362 (1974) 22-71.
 */
export class DividedDifferences {
  /** `phi_i[n]`, of which those up to `top` are right. */
  readonly phi: readonly Float64Array[];
  /** `t_n+1 - t_n-j` for the step being tried. */
  readonly span: Float64Array;
  /** `phi_i` times `beta_i` is the difference scaled for the step being tried. */
  readonly beta: Float64Array;
  /** Highest index of a difference that is known. */
  top: number = 0;
  /** `t_n - t_n-1-j`, and the lengths by which `phi` is scaled: the same once a step was taken. */
  readonly #back: Float64Array;
  readonly #scale: Float64Array;

  /** For functions with `n` components and differences up to `phi_highest`. */
  constructor(n: number, highest: number) {
    this.phi = Array.from({ length: highest + 1 }, () => new Float64Array(n));
    [this.span, this.beta, this.#back, this.#scale] = [0, 0, 0, 0].map(() => new Float64Array(highest + 1));
  }

  /**
   * Begins at one point. When `phi_1` holds the slope there and `top` is 1, that counts as a second value at the same time.
   */
  begin(top: number): void {
    this.top = top;
    this.#back.fill(0);
    this.#scale.fill(1);
  }

  /** Prepares for a step by `h`, which may be tried in vain: sets `span` and `beta`. */
  aim(h: number): void {
    const { span, beta } = this;
    span[0] = h;
    beta[0] = 1;
    for (let i = 1; i < beta.length; i++) {
      beta[i] = (beta[i - 1] * span[i - 1]) / this.#scale[i - 1];
      span[i] = this.#back[i - 1] + h;
    }
  }

  /**
   * Writes a difference as it would be after the step, and after others of its length, into `out[n]`: that of order `k` if
   * `lower`, else that of order `k + 2`. `e[n]` and `k` as for {@link advance}. Returns false when it is not known.
   */
  neighbour(k: number, e: Float64Array, lower: boolean, out: Float64Array): boolean {
    const { phi, beta, span } = this;
    const row = lower ? k : k + 1;
    if (row > this.top) return false;
    let scale = 1;
    for (let i = 0; i < (lower ? k : k + 2); i++) scale *= ((i + 1) * span[0]) / span[i];
    const b = lower ? beta[row] : -beta[row], source = phi[row];
    for (let i = 0; i < out.length; i++) out[i] = scale * (e[i] + b * source[i]);
    return true;
  }

  /** Writes `count` differences, scaled for the step being tried, into `out` from `at` on, as rows of `n`. */
  scaled(count: number, out: Float64Array, at: number): void {
    for (let j = 0; j < count; j++) {
      const row = this.phi[j], b = this.beta[j];
      for (let i = 0; i < row.length; i++) out[at++] = b * row[i];
    }
  }

  /**
   * Takes in the value after the step, `e[n]` more than the polynomial through the last `k + 1` values has there. Keeps
   * differences up to `phi_k+2`.
   */
  advance(k: number, e: Float64Array): void {
    const { phi, beta, span } = this;
    const n = e.length;
    if (k + 2 < phi.length) {
      const next = phi[k + 1], b = beta[k + 1];
      for (let i = 0; i < n; i++) phi[k + 2][i] = e[i] - b * next[i];
    }
    phi[k + 1].set(e);
    for (let j = k; j >= 0; j--) {
      const own = phi[j], above = phi[j + 1], b = beta[j];
      for (let i = 0; i < n; i++) own[i] = above[i] + b * own[i];
    }
    this.top = Math.min(this.top + 1, k + 2, phi.length - 1);
    this.#back.set(span);
    this.#scale.set(span);
  }
}
