import { OdeError, shown } from "@fluxion/ode-core";

/** A standard deviation for each of the `n` components of what is observed. @throws OdeError `INVALID_OPTION` */
export function checkedSigma(sigma: number | ArrayLike<number> | undefined, n: number): Float64Array {
  const each = sigma === undefined || typeof sigma === "number" ? new Float64Array(n).fill(sigma ?? 1) : Float64Array.from(sigma ?? []);
  if (each.length !== n || !each.every((x) => x > 0 && x < Infinity)) {
    throw new OdeError("INVALID_OPTION", `Cannot match trajectories as option "sigma" must be a number > 0, or one for each of the ${n} components of what is observed: current value is ${shown(sigma)}`);
  }
  return each;
}
