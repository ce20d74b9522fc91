/** Nodes and weights on [0, 1]. */
export interface QuadratureRule {
  readonly nodes: readonly number[];
  readonly weights: readonly number[];
}

/**
 * Gauss' formula with `count` nodes on [0, 1]: exact for polynomials of degree `2 count - 1`.
 *
 * @source Abramowitz, Stegun, Handbook of Mathematical Functions (1964), 25.4.29; nodes by Newton's method.
 */
export function gaussLegendre(count: number): QuadratureRule {
  const points = Array.from({ length: count }, (_, i) => {
    let x = Math.cos((Math.PI * (count - i - 0.25)) / (count + 0.5));
    for (let round = 0; round < 8; round++) {
      const { value, slope } = legendre(count, x);
      x -= value / slope;
    }
    const { slope } = legendre(count, x);
    return { node: (1 + x) / 2, weight: 1 / ((1 - x * x) * slope * slope) };
  });
  return { nodes: points.map(({ node }) => node), weights: points.map(({ weight }) => weight) };
}

/** Legendre's polynomial and its derivative, by the recurrence in the degree. */
function legendre(degree: number, x: number): { readonly value: number; readonly slope: number } {
  let [before, value] = [1, x];
  for (let k = 2; k <= degree; k++) [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k];
  return { value, slope: (degree * (before - x * value)) / (1 - x * x) };
}
