import { assertLength, OdeError, option, readOptions } from "@fluxion/ode-core";
import type { Optimizer } from "./optimizer.ts";

/** Options of {@link adam}. */
export interface AdamOptions {
  /** Decay of the mean of gradients. Default 0.9. */
  readonly beta1?: number | undefined;
  /** Decay of the mean of squared gradients. Default 0.999. */
  readonly beta2?: number | undefined;
  /** Added to the root of the mean of squared gradients. Default 1e-8. */
  readonly epsilon?: number | undefined;
}

/**
 * Adam. The learning rate comes with each step, from a schedule.
 *
 * @throws OdeError `INVALID_OPTION`; `SHAPE_MISMATCH` from `start` for a saved state of another size, `INVALID_ARGUMENT` for one of another optimiser.
 * @source Kingma and Ba 2015, arXiv 1412.6980, algorithm 1
 */
export function adam(options: AdamOptions = {}): Optimizer {
  const { beta1, beta2, epsilon } = readOptions("adam", options, { beta1: option.fraction(0.9), beta2: option.fraction(0.999), epsilon: option.positive(1e-8) });
  return {
    name: "adam",
    start: (size, saved) => {
      const numbers = (name: string, length: number): Float64Array => {
        if (!saved) return new Float64Array(length);
        const found = saved[name];
        if (!found) throw new OdeError("INVALID_ARGUMENT", `Cannot go on with adam as its saved state must hold mean, square and count: it holds ${Object.keys(saved).join(", ") || "nothing"}`);
        assertLength(`the saved ${name}`, found, length);
        return found.slice();
      };
      const [mean, square, count] = [numbers("mean", size), numbers("square", size), numbers("count", 1)];
      return {
        state: { mean, square, count },
        update: (p, g, rate) => {
          assertLength("the gradient", g, size);
          const k = ++count[0];
          const unbias1 = 1 / (1 - beta1 ** k);
          const unbias2 = 1 / (1 - beta2 ** k);
          for (let i = 0; i < size; i++) {
            mean[i] = beta1 * mean[i] + (1 - beta1) * g[i];
            square[i] = beta2 * square[i] + (1 - beta2) * g[i] * g[i];
            p[i] -= (rate * mean[i] * unbias1) / (Math.sqrt(square[i] * unbias2) + epsilon);
          }
        },
      };
    },
  };
}

/** The optimisers by name, for configs. */
export const optimizers: { readonly adam: typeof adam } = { adam };
