import uniform from "@stdlib/random-base-uniform";
import { OdeError } from "@fluxion/ode-core";

/**
 * `count` states with entry `i` uniform in `[low[i], high[i])`, or `low[i]` where both are equal; the same seed gives the same states on every machine.
 *
 * @throws OdeError `INVALID_ARGUMENT` for a bad number or seed, bounds of different lengths, and ones that are out of order or not finite.
 */
export function sampleStates(count: number, low: readonly number[], high: readonly number[], seed: number): Float64Array[] {
  if (!(Number.isInteger(count) && count >= 0)) throw new OdeError("INVALID_ARGUMENT", `Cannot sample states as their number must be a whole one >= 0: current value is ${count}`);
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff || low.length !== high.length) {
    throw new OdeError("INVALID_ARGUMENT", `Cannot sample states as the seed must be a whole number from 0 to 4294967295 and the bounds equally long: seed is ${seed}, lengths are ${low.length} and ${high.length}`);
  }
  low.forEach((a, i) => {
    if (!(a <= high[i] && Number.isFinite(a) && Number.isFinite(high[i]))) throw new OdeError("INVALID_ARGUMENT", `Cannot sample states as low[${i}] must be at most high[${i}], both finite: they are ${a} and ${high[i]}`);
  });
  // The generator takes 0 in lists only.
  const draw = uniform.factory({ seed: seed > 0 ? seed : Uint32Array.of(0, 0) });
  return Array.from({ length: count }, () => Float64Array.from(low, (a, i) => (a < high[i] ? draw(a, high[i]) : a)));
}
