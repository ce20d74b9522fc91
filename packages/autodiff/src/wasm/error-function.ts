import type { VectorCode } from "./expressions.ts";

/** `erf(x) / x - 1` as a quotient of polynomials of x^2, up to 0.84375. @source Sun Microsystems 1993, fdlibm s_erf.c */
const innerTop = [1.2837916709551256e-1, -3.250421072470015e-1, -2.848174957559851e-2, -5.770270296489442e-3, -2.3763016656650163e-5];
const innerBottom = [1, 3.9791722395915535e-1, 6.50222499887673e-2, 5.081306281875766e-3, 1.3249473800432164e-4, -3.960228278775368e-6];
/** `e^(x^2) (1 - erf(x))` as a quotient of polynomials of x. @source Cody 1969, "Rational Chebyshev approximations for the error function", for 0.46875 to 4 */
const outerTop = [1.2303393547979972e3, 2.0510783778260716e3, 1.7120476126340707e3, 8.81952221241769e2, 2.986351381974001e2, 6.611919063714163e1, 8.883149794388377, 5.641884969886701e-1, 2.1531153547440383e-8];
const outerBottom = [1.2303393548037495e3, 3.4393676741437216e3, 4.362619090143247e3, 3.2907992357334597e3, 1.6213895745666903e3, 5.371811018620099e2, 1.176939508913125e2, 1.5744926110709835e1, 1];

/** Accurate to 1.5 ulp. Beyond 4 what is missing to 1 need not be accurate, and at 6 it is below rounding. */
export function errorFunction(v: VectorCode, x: number): number {
  const size = v.op("min", v.op("abs", x), v.constant(6));
  const square = v.op("mul", size, size);
  const inner = v.op("add", size, v.op("mul", size, v.op("div", v.polynomial(square, innerTop), v.polynomial(square, innerBottom))));
  const missing = v.op("mul", v.exp(v.op("neg", square)), v.op("div", v.polynomial(size, outerTop), v.polynomial(size, outerBottom)));
  const magnitude = v.op("select", inner, v.op("sub", v.constant(1), missing), v.op("lt", size, v.constant(0.84375)));
  return v.op("or", magnitude, v.op("and", x, v.constant(-0)));
}
