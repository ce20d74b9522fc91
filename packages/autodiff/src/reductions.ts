import { axesOf, reshape, sum } from "./broadcast.ts";
import { div, maximum, minimum } from "./elementwise.ts";
import { concat, slice } from "./shape-ops.ts";
import { shapeError, type Tensor } from "./tensor.ts";

/** Mean of all entries, or along `axes` (which disappear; negative ones count from the last). */
export function mean(x: Tensor, axes?: readonly number[]): Tensor {
  const total = sum(x, axes);
  return div(total, x.size / total.size);
}

/** Largest of all entries, or along `axes` (which disappear; negative ones count from the last). Of equal ones, one has all of the slope. @throws OdeError `SHAPE_MISMATCH` without entries. */
export const max = (x: Tensor, axes?: readonly number[]): Tensor => reduced("max", maximum, x, axes);

/** Smallest of all entries, or along `axes`, as {@link max}. */
export const min = (x: Tensor, axes?: readonly number[]): Tensor => reduced("min", minimum, x, axes);

function reduced(name: string, choose: (x: Tensor, y: Tensor) => Tensor, x: Tensor, axes?: readonly number[]): Tensor {
  const given = axesOf(name, x, axes, ` (${name}imum(x, y) compares two arrays)`);
  if (given.some((a, i) => !(a in x.shape) || given.indexOf(a) !== i)) throw shapeError(name, `axes [${axes!.join(", ")}] must exist and differ`, [x]);
  if (given.some((a) => x.shape[a] === 0)) throw shapeError(name, "there must be entries to choose from", [x]);
  const chosen = given.reduce((y, a) => halved(choose, y, a), x);
  return reshape(chosen, x.shape.filter((_, a) => !given.includes(a)));
}

/** One entry along `axis`: the two halves are compared until one is left. */
function halved(choose: (x: Tensor, y: Tensor) => Tensor, x: Tensor, axis: number): Tensor {
  let y = x;
  for (let n = y.shape[axis]; n > 1; n = y.shape[axis]) {
    const half = Math.floor(n / 2);
    const better = choose(slice(y, 0, half, axis), slice(y, half, 2 * half, axis));
    y = n % 2 === 0 ? better : concat([better, slice(y, n - 1, n, axis)], axis);
  }
  return y;
}
