/** The largest error of a state relative to the largest component of the exact one. */
export function relativeError(u: ArrayLike<number>, exact: ArrayLike<number>): number {
  let [error, size] = [0, 0];
  for (let i = 0; i < u.length; i++) {
    error = Math.max(error, Math.abs(u[i] - exact[i]));
    size = Math.max(size, Math.abs(exact[i]));
  }
  return error / size;
}
