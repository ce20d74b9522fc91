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

/// Vectors that go through a function together: the chain of dependent operations of one is longer than what the processor looks ahead.
template <int n> struct Several {
  Vector v[n];

  Vector &operator[](int i) { return v[i]; }
  const Vector &operator[](int i) const { return v[i]; }
};

/// `of` each of 0, 1, ..., n - 1.
template <int n, class Of> INLINE Several<n> several(Of of) {
  Several<n> result;
  for (int i = 0; i < n; i++) result[i] = of(i);
  return result;
}

template <int n> INLINE Several<n> operator+(const Several<n> &x, const Several<n> &y) { return several<n>([&](int i) { return x[i] + y[i]; }); }
template <int n> INLINE Several<n> operator-(const Several<n> &x, const Several<n> &y) { return several<n>([&](int i) { return x[i] - y[i]; }); }
template <int n> INLINE Several<n> operator*(const Several<n> &x, const Several<n> &y) { return several<n>([&](int i) { return x[i] * y[i]; }); }
template <int n> INLINE Several<n> operator/(const Several<n> &x, const Several<n> &y) { return several<n>([&](int i) { return x[i] / y[i]; }); }

/// c[0] + c[1] x + ... + c[count - 1] x^(count - 1) in halves, `powers` being x, x^2, x^4, ...: short chains of dependent operations.
template <int count, int n> INLINE Several<n> polynomial(const Real *c, const Several<n> *powers) {
  if constexpr (count == 1) return several<n>([&](int) { return all(c[0]); });
  else {
    constexpr int log = count > 8 ? 3 : count > 4 ? 2 : count > 2 ? 1 : 0, half = 1 << log;
    return polynomial<half>(c, powers) + powers[log] * polynomial<count - half>(c + half, powers);
  }
}

/// Coefficients of polynomials through a function's values at the Chebyshev points, good to less than a rounding error.
template <class Number> struct Series;

template <> struct Series<double> {
  /// r coth(r / 2) in terms of r^2, for |r| <= log 2 / 2.
  static constexpr double coth[] = {2, 0.16666666666666574, -0.0027777777776883494, 6.613756295944757e-05, -1.6533880805704168e-06, 4.137485533370965e-08};
  /// 2 artanh(s) / s in terms of s^2, for |s| <= 1 / 3.
  static constexpr double artanh[] = {2, 0.6666666666666615, 0.4000000000018575, 0.28571428545454114, 0.22222224080747674, 0.18181740832504806,
                                      0.1538661404230401, 0.13300374032674625, 0.12110168728069218, 0.0832450651186082, 0.17044163562781398};
};

template <> struct Series<float> {
  static constexpr float coth[] = {2, 0.16666613226090157, -0.0027659019108635602};
  static constexpr float artanh[] = {2, 0.6666667902643397, 0.39998711246862334, 0.28620207408437237, 0.21398560506678543, 0.24393908084023025};
};

template <int n> struct Quotient { Several<n> over, under; };

/// e^-|x|, which softplus and sigmoid share. With -|x| = k log 2 + r it is 2^k (R + r) / (R - r), where R = r coth(r / 2). What underflows
/// is cut off.
template <int n> INLINE Quotient<n> expOfMinusAbs(const Several<n> &x) {
  constexpr int terms = sizeof Series<Real>::coth / sizeof(Real), mantissa = isDouble ? 52 : 23;
  constexpr Real shift = isDouble ? 6755399441055744.0 : 12582912.0f;  // 1.5 * 2^mantissa: adding it rounds to a whole number
  constexpr Real high = isDouble ? 6.93147180369123816490e-01 : 0.693359375, low = isDouble ? 1.90821492927058770002e-10 : -2.12194440e-4;
  const Vector least = all(isDouble ? -700 : -87);
  auto y = several<n>([&](int i) {
    Vector negative = x[i] < -x[i] ? x[i] : -x[i];
    return negative > least ? negative : least;
  });
  auto shifted = several<n>([&](int i) { return y[i] * Real(1.4426950408889634) + shift; });
  auto r = several<n>([&](int i) {
    Vector k = shifted[i] - shift;
    return y[i] - k * high - k * low;
  });
  Several<n> z = r * r, z2 = z * z, powers[] = {z, z2, z2 * z2}, R = polynomial<terms>(Series<Real>::coth, powers), over = R + r;
  return {several<n>([&](int i) { return (Vector)((IntegerVector)over[i] + ((IntegerVector)shifted[i] << mantissa)); }), R - r};
}

/// 1 / (1 + e^-x), where e^-|x| = over / under.
template <int n> INLINE Several<n> sigmoidOf(const Several<n> &x, const Quotient<n> &e) {
  return several<n>([&](int i) { return x[i] < Vector{} ? e.over[i] : e.under[i]; }) / (e.over + e.under);
}

template <int n> INLINE Several<n> sigmoid(const Several<n> &x) { return sigmoidOf(x, expOfMinusAbs(x)); }

template <int n> struct SoftplusAndSigmoid { Several<n> softplus, sigmoid; };

/// softplus = max(x, 0) + log(1 + e), where e = e^-|x|, and log(1 + e) = 2 artanh(s) of s = e / (2 + e).
template <int n> INLINE SoftplusAndSigmoid<n> softplusAndSigmoid(const Several<n> &x) {
  constexpr int terms = sizeof Series<Real>::artanh / sizeof(Real);
  Quotient<n> e = expOfMinusAbs(x);
  Several<n> s = e.over / (e.over + e.under + e.under), z = s * s, z2 = z * z, z4 = z2 * z2, powers[] = {z, z2, z4, z4 * z4};
  auto positive = several<n>([&](int i) { return x[i] > Vector{} ? x[i] : Vector{}; });
  return {positive + s * polynomial<terms>(Series<Real>::artanh, powers), sigmoidOf(x, e)};
}
