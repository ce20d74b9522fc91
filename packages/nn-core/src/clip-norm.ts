/** Scales `g` in place so that its Euclidean norm is at most `limit`; returns the norm it had. */
export function clipNorm(g: Float64Array, limit: number): number {
  let sum = 0;
  for (let i = 0; i < g.length; i++) sum += g[i] * g[i];
  const norm = Math.sqrt(sum);
  if (norm > limit) for (let i = 0; i < g.length; i++) g[i] *= limit / norm;
  return norm;
}
