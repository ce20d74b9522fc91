// A Lagrangian network q'' = M^-1 (dL/dq - C v), L = w3 . softplus(W2 softplus(W1 x + b1) + b2), x = (q, v) with two coordinates, and
// its vector-Jacobian product (docs/derivations/euler-lagrange-vjp.md), written by hand for this shape. `tile` states go through
// together. In products with W2: 5 for the right-hand side, 8 for the vector-Jacobian product.
#pragma once
#include "layers.h"

static Weights<1> W;
static Gradient<1> G;

/// What the vector-Jacobian product needs of a right-hand side: seven rows for each state.
template <int tile> struct alignas(64) Stage {
  Real a1[tile][stride], s1[tile][stride], c1[tile][stride];
  /// First the sigmoids of the second layer, then its tangents along v0, v1 and (v, 0).
  Real s2[tile][stride], t2[3 * tile][stride];
  Real x[tile][inputs], acceleration[tile][2], inverse[tile][3];
};

/// out[tile][4] = (v, q'') at x[tile][4].
template <int tile> static __attribute__((noinline)) void rightHandSide(const Real *x, Real *out, Stage<tile> &S) {
  alignas(64) Real rows[4 * tile][stride], g2[tile][stride];
  std::memcpy(S.x, x, sizeof S.x);
  firstLayer<tile>(W, S.x, S.a1, S.s1);
  for (int b = 0; b < tile; b++) {
    const Real *u = S.x[b];
    for (int h = 0; h < width; h += lanes) {
      Vector s = at(S.s1[b] + h);
      at(rows[b] + h) = at(S.a1[b] + h);
      at(rows[tile + 2 * b] + h) = s * at(W.w1[2] + h);
      at(rows[tile + 2 * b + 1] + h) = s * at(W.w1[3] + h);
      at(rows[3 * tile + b] + h) = s * (at(W.w1[0] + h) * u[2] + at(W.w1[1] + h) * u[3]);
    }
  }
  multiply<4 * tile>(rows[0], W.forward, S.s2[0]);
  sigmoidRows<tile>(S.s2, W.b2);
  struct Sums { Vector m00, m01, m11, c0, c1; } sums[tile];
  for (int b = 0; b < tile; b++) {
    Vector m00{}, m01{}, m11{}, c0{}, c1{};
    for (int h = 0; h < width; h += lanes) {
      Vector s = at(S.s2[b] + h), g = s * at(W.w3[0] + h), k = g * (1 - s);
      Vector t0 = at(S.t2[2 * b] + h), t1 = at(S.t2[2 * b + 1] + h), tv = at(S.t2[2 * tile + b] + h), k0 = k * t0, k1 = k * t1;
      at(g2[b] + h) = g;
      m00 += k0 * t0, m01 += k0 * t1, m11 += k1 * t1, c0 += k0 * tv, c1 += k1 * tv;
    }
    sums[b] = {m00, m01, m11, c0, c1};
  }
  multiply<tile>(g2[0], W.backward, S.c1[0]);
  for (int b = 0; b < tile; b++) {
    auto [m00, m01, m11, c0, c1] = sums[b];
    const Real *u = S.x[b];
    Vector r0{}, r1{};
    for (int h = 0; h < width; h += lanes) {
      Vector w0 = at(W.w1[0] + h), w1 = at(W.w1[1] + h), w2 = at(W.w1[2] + h), w3 = at(W.w1[3] + h), s = at(S.s1[b] + h);
      Vector g = s * at(S.c1[b] + h), k = g * (1 - s), k0 = k * w2, k1 = k * w3, tv = w0 * u[2] + w1 * u[3];
      m00 += k0 * w2, m01 += k0 * w3, m11 += k1 * w3, c0 += k0 * tv, c1 += k1 * tv;
      r0 += g * w0, r1 += g * w1;
    }
    Real M00 = sum(m00), M01 = sum(m01), M11 = sum(m11), force0 = sum(r0 - c0), force1 = sum(r1 - c1), over = 1 / (M00 * M11 - M01 * M01);
    Real *inverse = S.inverse[b], *a = S.acceleration[b], *o = out + b * inputs;
    inverse[0] = M11 * over, inverse[1] = -M01 * over, inverse[2] = M00 * over;
    o[0] = u[2], o[1] = u[3];
    o[2] = a[0] = inverse[0] * force0 + inverse[1] * force1;
    o[3] = a[1] = inverse[1] * force0 + inverse[2] * force1;
  }
}

/// After `rightHandSide`: out[tile][4] = cotangents of the states for the cotangents l[tile][4] of (v, q''), those of the parameters
/// are added to G. It is the gradient of Phi with its directions p = (0, mu), w = (v, a), r = (mu, 0).
template <int tile> static __attribute__((noinline)) void vectorJacobian(const Real *l, Real *out, const Stage<tile> &S) {
  // Four rows for each state: of z2, of the tangents along p and w, and of what DL[r] - D2L[p, w] takes through W2 itself.
  const int first = G.reserve(4 * tile);
  Real(*left)[stride] = G.left + first, (*right)[stride] = G.right + first;
  alignas(64) Real mixed[tile][stride], back[3 * tile][stride], mu[tile][2];
  for (int b = 0; b < tile; b++) {
    const Real *u = S.x[b], *a = S.acceleration[b], *inverse = S.inverse[b], *lb = l + b * inputs;
    Real mu0 = mu[b][0] = inverse[0] * lb[2] + inverse[1] * lb[3], mu1 = mu[b][1] = inverse[1] * lb[2] + inverse[2] * lb[3];
    for (int h = 0; h < width; h += lanes) {
      Vector w0 = at(W.w1[0] + h), w1 = at(W.w1[1] + h), w2 = at(W.w1[2] + h), w3 = at(W.w1[3] + h), s = at(S.s1[b] + h);
      Vector tp = w2 * mu0 + w3 * mu1, tw = w0 * u[2] + w1 * u[3] + w2 * a[0] + w3 * a[1], tr = w0 * mu0 + w1 * mu1;
      at(right[b] + h) = at(S.a1[b] + h);
      at(right[tile + b] + h) = s * tp;
      at(right[2 * tile + b] + h) = s * tw;
      at(right[3 * tile + b] + h) = s * (tr - (1 - s) * tp * tw);
    }
  }
  multiply<tile>(right[3 * tile], W.forward, mixed[0]);
  for (int b = 0; b < tile; b++) {
    const Real *a = S.acceleration[b];
    for (int h = 0; h < width; h += lanes) {
      Vector s = at(S.s2[b] + h), w = at(W.w3[0] + h), ds = s * (1 - s), t0 = at(S.t2[2 * b] + h), t1 = at(S.t2[2 * b + 1] + h);
      Vector p = t0 * mu[b][0] + t1 * mu[b][1], q = at(S.t2[2 * tile + b] + h) + t0 * a[0] + t1 * a[1], e = at(mixed[b] + h), wds = w * ds;
      Vector z = wds * (e - (1 - 2 * s) * p * q);
      at(left[b] + h) = z;
      at(left[tile + b] + h) = -wds * q;
      at(left[2 * tile + b] + h) = -wds * p;
      at(left[3 * tile + b] + h) = w * s;
      at(G.b2 + h) += z;
      at(G.w3[0] + h) += s * e - ds * p * q;
    }
  }
  multiply<3 * tile>(left[0], W.backward, back[0]);
  for (int b = 0; b < tile; b++) {
    const Real *u = S.x[b], *a = S.acceleration[b];
    const Real mu0 = mu[b][0], mu1 = mu[b][1];
    Vector o0{}, o1{}, o2{}, o3{};
    for (int h = 0; h < width; h += lanes) {
      Vector w0 = at(W.w1[0] + h), w1 = at(W.w1[1] + h), w2 = at(W.w1[2] + h), w3 = at(W.w1[3] + h), s = at(S.s1[b] + h);
      Vector tp = w2 * mu0 + w3 * mu1, tw = w0 * u[2] + w1 * u[3] + w2 * a[0] + w3 * a[1], tr = w0 * mu0 + w1 * mu1;
      Vector c = at(S.c1[b] + h), ds = s * (1 - s), cds = c * ds, yp = at(back[tile + b] + h), yw = at(back[2 * tile + b] + h);
      Vector z = s * at(back[b] + h) + ds * (tp * yp + tw * yw) + cds * (tr - (1 - 2 * s) * tp * tw);
      Vector p = s * yp - cds * tw, q = s * yw - cds * tp, r = s * c;
      at(G.b1 + h) += z;
      at(G.w1[0] + h) += z * u[0] + q * u[2] + r * mu0;
      at(G.w1[1] + h) += z * u[1] + q * u[3] + r * mu1;
      at(G.w1[2] + h) += z * u[2] + p * mu0 + q * a[0];
      at(G.w1[3] + h) += z * u[3] + p * mu1 + q * a[1];
      o0 += w0 * z, o1 += w1 * z, o2 += w2 * z + w0 * q, o3 += w3 * z + w1 * q;
    }
    const Real *lb = l + b * inputs;
    Real *o = out + b * inputs;
    o[0] = sum(o0), o[1] = sum(o1), o[2] = sum(o2) + lb[0], o[3] = sum(o3) + lb[1];
  }
}
