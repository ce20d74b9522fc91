/** So many states fill the vector registers; more would only need more memory. */
const tileSize = 8;

/** The items in lists of nearly equal length, none longer than a batch should be. */
export function tiles<T>(items: readonly T[]): (readonly T[])[] {
  const size = Math.ceil(items.length / Math.ceil(items.length / tileSize));
  return Array.from({ length: Math.ceil(items.length / size) }, (_, k) => items.slice(k * size, (k + 1) * size));
}
