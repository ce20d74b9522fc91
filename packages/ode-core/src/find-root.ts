/**
 * The zero of `g` between `a` and `b`, where `g(a) = ga` is not 0 and `g(b) = gb` is 0 or has the other sign; to rounding,
 * and on the side of `a`: the result has `g` zero or of the sign of `ga`. Takes at most one evaluation more than bisection, and
 * about ten on a smooth function.
 *
 * @source Oliveira, Takahashi, ACM Trans. Math. Softw. 47 (2021) 5, the ITP method, doi:10.1145/3423597.
 */
export function findRoot(g: (x: number) => number, a: number, b: number, ga: number, gb: number): number {
  if (gb === 0) return b;
  const positive = ga > 0;
  const resolution = Number.EPSILON * Math.max(Math.abs(a), Math.abs(b)) * 0.5;
  const k1 = 0.2 / (b - a);
  const bisections = Math.ceil(Math.log2((b - a) / (2 * resolution)));
  for (let j = 0; ; j++) {
    const middle = a + 0.5 * (b - a);
    if (middle <= a || middle >= b || b - a <= 2 * resolution) return a;
    const radius = Math.max(0, resolution * 2 ** (bisections + 1 - j) - 0.5 * (b - a));
    const secant = (gb * a - ga * b) / (gb - ga);
    const side = Math.sign(middle - secant);
    const truncation = k1 * (b - a) * (b - a);
    const moved = truncation <= Math.abs(middle - secant) ? secant + side * truncation : middle;
    const x = Math.abs(moved - middle) <= radius ? moved : middle - side * radius;
    // Rounding may put the point on an end of the bracket.
    const inside = x > a && x < b ? x : middle;
    const value = g(inside);
    if (value === 0) return inside;
    if (value > 0 === positive) {
      a = inside;
      ga = value;
    } else {
      b = inside;
      gb = value;
    }
  }
}
