import mt19937 from "@stdlib/random-base-mt19937";
import normal from "@stdlib/random-base-normal";
import { OdeError } from "@fluxion/ode-core";

/** A seeded stream of random numbers. The same seed gives the same numbers on every machine. */
export interface Random {
  /** Uniform in [low, high). */
  uniform(low: number, high: number): number;
  /** Normal with this mean and standard deviation, which may be 0. @throws OdeError `INVALID_ARGUMENT` */
  normal(mean: number, sd: number): number;
}

/**
 * A random stream from a seed (Mersenne Twister).
 *
 * @throws OdeError `INVALID_ARGUMENT` when the seed is not a whole number from 0 to 2^32 - 1.
 */
export function seededRandom(seed: number): Random {
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
    throw new OdeError("INVALID_ARGUMENT", `Cannot seed random numbers as the seed must be a whole number from 0 to 4294967295: current value is ${seed}`);
  }
  // The generator takes 0 in lists only.
  // The package's types leave out that a made generator carries `normalized`, as the default one does.
  const { normalized } = mt19937.factory({ seed: seed > 0 ? seed : Uint32Array.of(0, 0) }) as unknown as { readonly normalized: () => number };
  const gaussian = normal.factory({ prng: normalized });
  return {
    uniform: (low, high) => low + (high - low) * normalized(),
    normal: (mean, sd) => {
      if (!(sd >= 0)) throw new OdeError("INVALID_ARGUMENT", `Cannot draw normal numbers as their standard deviation must not be negative: current value is ${sd}`);
      return mean + sd * gaussian(0, 1);
    },
  };
}
