// Vectors of reals by the compiler's vector extension, and the functions of them that the network needs.
#pragma once
#include <cstdint>
#include <type_traits>

#ifndef REAL
#define REAL double
#endif
#ifndef VECTOR_BYTES
#define VECTOR_BYTES 32
#endif

using Real = REAL;
using Integer = std::conditional_t<sizeof(Real) == 8, int64_t, int32_t>;
typedef Real Vector __attribute__((vector_size(VECTOR_BYTES), may_alias));
typedef Integer IntegerVector __attribute__((vector_size(VECTOR_BYTES)));

constexpr int lanes = VECTOR_BYTES / sizeof(Real);
constexpr bool isDouble = sizeof(Real) == 8;

#define INLINE static inline __attribute__((always_inline))

INLINE Vector &at(Real *p) { return *(Vector *)p; }
INLINE const Vector &at(const Real *p) { return *(const Vector *)p; }
INLINE Vector all(Real x) { return x - Vector{}; }

INLINE Real sum(Vector v) {
  Real s = 0;
  for (int i = 0; i < lanes; i++) s += v[i];
  return s;
}

/// c[0] + c[1] x + ... + c[n - 1] x^(n - 1) in halves, `powers` being x, x^2, x^4, ...: short chains of dependent operations.
template <int n> INLINE Vector polynomial(const Real *c, const Vector *powers) {
  if constexpr (n == 1) return all(c[0]);
  else {
    constexpr int log = n > 8 ? 3 : n > 4 ? 2 : n > 2 ? 1 : 0, half = 1 << log;
    return polynomial<half>(c, powers) + powers[log] * polynomial<n - half>(c + half, powers);
  }
}

/// e^x for -700 <= x <= 0 (-87 in single precision): x = k log 2 + r, and the Taylor series at r.
INLINE Vector expOfNegative(Vector x) {
  constexpr int terms = isDouble ? 14 : 8, mantissa = isDouble ? 52 : 23;
  constexpr Real shift = isDouble ? 6755399441055744.0 : 12582912.0f;  // 1.5 * 2^mantissa: adding it rounds to a whole number
  constexpr Real high = isDouble ? 6.93147180369123816490e-01 : 0.693359375, low = isDouble ? 1.90821492927058770002e-10 : -2.12194440e-4;
  static constexpr Real c[] = {1, 1, 1. / 2, 1. / 6, 1. / 24, 1. / 120, 1. / 720, 1. / 5040, 1. / 40320, 1. / 362880, 1. / 3628800,
                               1. / 39916800, 1. / 479001600, 1. / 6227020800};
  Vector shifted = x * Real(1.4426950408889634) + shift, k = shifted - shift, r = x - k * high - k * low;
  Vector r2 = r * r, r4 = r2 * r2, powers[] = {r, r2, r4, r4 * r4};
  return (Vector)((IntegerVector)polynomial<terms>(c, powers) + ((IntegerVector)shifted << mantissa));
}

/// log(1 + e) for 0 <= e <= 1. @source Sun Microsystems 1993, fdlibm s_log1p.c (the polynomial)
INLINE Vector log1p(Vector e) {
  static constexpr Real c[] = {6.666666666666735130e-1, 3.999999999940941908e-1, 2.857142874366239149e-1, 2.222219843214978396e-1,
                               1.818357216161805012e-1, 1.531383769920937332e-1, 1.479819860511658591e-1};
  auto upper = e > all(0.41421356237309503);
  Vector f = upper ? (e - 1) * Real(0.5) : e, s = f / (f + 2), z = s * s, z2 = z * z, powers[] = {z, z2, z2 * z2};
  Vector half = f * f * Real(0.5), rest = z * polynomial<isDouble ? 7 : 4>(c, powers);
  return (upper ? all(0.6931471805599453) : Vector{}) + (f - (half - s * (half + rest)));
}

/// e^-|x|, which softplus and sigmoid share. What underflows is cut off.
INLINE Vector expOfMinusAbs(Vector x) {
  const Vector least = all(isDouble ? -700 : -87);
  Vector y = x < -x ? x : -x;
  return expOfNegative(y > least ? y : least);
}

INLINE Vector sigmoidOf(Vector x, Vector e) {
  Vector inverse = 1 / (1 + e);
  return x >= Vector{} ? inverse : e * inverse;
}

INLINE Vector sigmoid(Vector x) { return sigmoidOf(x, expOfMinusAbs(x)); }

struct SoftplusAndSigmoid { Vector softplus, sigmoid; };

INLINE SoftplusAndSigmoid softplusAndSigmoid(Vector x) {
  Vector e = expOfMinusAbs(x);
  return {(x > Vector{} ? x : Vector{}) + log1p(e), sigmoidOf(x, e)};
}
