/**
 * The zero of `g` between `a` and `b`, where `g(a) = ga` is not 0 and `g(b) = gb` is 0 or has the other sign; to rounding, and on
 * the side of `a`: there `g` is zero or has the sign of `ga`. About ten evaluations on a smooth function; bisects where the
 * function does not look smooth.
 *
 * @source Chandrupatla, Adv. Eng. Softw. 28 (1997) 145-149: inverse quadratic interpolation with a test of its own trustworthiness.
 */
export function findRoot(g: (x: number) => number, a: number, b: number, ga: number, gb: number): number {
  if (gb === 0) return b;
  const positive = ga > 0;
  const resolution = Number.EPSILON * Math.max(Math.abs(a), Math.abs(b));
  // The zero lies between x1, the newest point, and x2; x3 is the one before.
  let x1 = a, x2 = b, f1 = ga, f2 = gb;
  let fraction = 0.5;
  for (;;) {
    const x = x1 + fraction * (x2 - x1);
    const f = g(x);
    if (f === 0) return x;
    let x3 = x1, f3 = f1;
    if (f > 0 !== f1 > 0) [x3, f3, x2, f2] = [x2, f2, x1, f1];
    [x1, f1] = [x, f];
    const width = Math.abs(x2 - x1);
    if (!(width > 2 * resolution)) return f1 > 0 === positive ? x1 : x2;
    const xi = (x1 - x2) / (x3 - x2);
    const phi = (f1 - f2) / (f3 - f2);
    const isSmooth = phi * phi < xi && (1 - phi) * (1 - phi) < 1 - xi;
    const guess = isSmooth ? (f1 / (f2 - f1)) * (f3 / (f2 - f3)) + ((x3 - x1) / (x2 - x1)) * (f1 / (f3 - f1)) * (f2 / (f3 - f2)) : 0.5;
    const least = resolution / width;
    fraction = Math.min(1 - least, Math.max(least, guess));
  }
}
