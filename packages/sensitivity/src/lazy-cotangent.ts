import type { Cotangent } from "@fluxion/ode-core";

/** A cotangent whose derivatives by the initial state are computed when they are first read, for a copy of `uBar`. */
export function lazyCotangent(uBar: readonly Float64Array[], dp: Float64Array, by: (uBar: readonly Float64Array[]) => Float64Array): Cotangent {
  const kept = uBar.map((one) => one.slice());
  let known: Float64Array | undefined;
  return {
    dp,
    get du0() {
      return (known ??= by(kept));
    },
  };
}
