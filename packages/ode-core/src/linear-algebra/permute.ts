/** `out[k] = x[order[k]]`: puts components in order. */
export function gather(order: Int32Array, x: Float64Array, out: Float64Array): void {
  for (let k = 0; k < order.length; k++) out[k] = x[order[k]];
}

/** `out[order[k]] = x[k]`: puts them back. */
export function scatter(order: Int32Array, x: Float64Array, out: Float64Array): void {
  for (let k = 0; k < order.length; k++) out[order[k]] = x[k];
}

/** Where each component stands in an order. */
export function inverse(order: Int32Array): Int32Array {
  const place = new Int32Array(order.length);
  order.forEach((i, at) => (place[i] = at));
  return place;
}
