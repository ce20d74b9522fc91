/** The items in lists of nearly equal length, none longer than `limit`. */
export function tiles<T>(items: readonly T[], limit: number): (readonly T[])[] {
  const size = Math.ceil(items.length / Math.ceil(items.length / limit));
  return Array.from({ length: Math.ceil(items.length / size) }, (_, k) => items.slice(k * size, (k + 1) * size));
}
