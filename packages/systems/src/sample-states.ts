import uniform from "@stdlib/random-base-uniform";
import { OdeError } from "@fluxion/ode-core";

/**
 * `count` states with entry `i` uniform in `[low[i], high[i])`; the same seed gives the same states on every machine.
 *
 * @throws OdeError `INVALID_ARGUMENT` for a bad seed or bounds of different lengths.
 */
export function sampleStates(count: number, low: readonly number[], high: readonly number[], seed: number): Float64Array[] {
  if (!Number.isInteger(seed) || seed < 1 || low.length !== high.length) {
    throw new OdeError("INVALID_ARGUMENT", `Cannot sample states as the seed must be a whole number >= 1 and the bounds equally long: seed is ${seed}, lengths are ${low.length} and ${high.length}`);
  }
  const draw = uniform.factory({ seed });
  return Array.from({ length: count }, () => Float64Array.from(low, (a, i) => draw(a, high[i])));
}
