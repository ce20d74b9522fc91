// A Hamiltonian network u' = J dH/du, H = w3 . softplus(W2 softplus(W1 u + b1) + b2), u = (q, p) with two coordinates, and its
// vector-Jacobian product, written by hand for this shape. `tile` states go through together. In products with W2: 2 for the
// right-hand side, 4 for the vector-Jacobian product.
#pragma once
#include "layers.h"

static Weights<1> W;
static Gradient<1> G;

/// What the vector-Jacobian product needs of a right-hand side: activations, sigmoids, and dH/da1.
template <int tile> struct alignas(64) Stage {
  Real a1[tile][stride], s1[tile][stride], c1[tile][stride], s2[tile][stride];
  Real x[tile][inputs];
};

/// out[tile][4] = (dH/dp, -dH/dq) at x[tile][4].
template <int tile> static __attribute__((noinline)) void rightHandSide(const Real *x, Real *out, Stage<tile> &S) {
  alignas(64) Real g2[tile][stride];
  std::memcpy(S.x, x, sizeof S.x);
  firstLayer<tile>(W, S.x, S.a1, S.s1);
  multiply<tile>(S.a1[0], W.forward, S.s2[0]);
  sigmoidRows<tile>(S.s2, W.b2);
  for (int b = 0; b < tile; b++)
    for (int h = 0; h < width; h += lanes) at(g2[b] + h) = at(S.s2[b] + h) * at(W.w3[0] + h);
  multiply<tile>(g2[0], W.backward, S.c1[0]);
  for (int b = 0; b < tile; b++) {
    Vector d0{}, d1{}, d2{}, d3{};
    for (int h = 0; h < width; h += lanes) {
      Vector g = at(S.s1[b] + h) * at(S.c1[b] + h);
      d0 += g * at(W.w1[0] + h), d1 += g * at(W.w1[1] + h), d2 += g * at(W.w1[2] + h), d3 += g * at(W.w1[3] + h);
    }
    Real *o = out + b * inputs;
    o[0] = sum(d2), o[1] = sum(d3), o[2] = -sum(d0), o[3] = -sum(d1);
  }
}

/// After `rightHandSide`: out[tile][4] = cotangents of the states for the cotangents l[tile][4] of (dH/dp, -dH/dq), those of the
/// parameters are added to G. With r = J' l it is the gradient of l . J dH/du = DH[r] = w3 . (s2 e) at fixed r, where e = W2 t1 and
/// t1 = s1 W1 r are tangents along r.
template <int tile> static __attribute__((noinline)) void vectorJacobian(const Real *l, Real *out, const Stage<tile> &S) {
  // Two rows for each state: of z2, and of what DH[r] takes through W2 itself.
  const int first = G.reserve(2 * tile);
  Real(*left)[stride] = G.left + first, (*right)[stride] = G.right + first;
  alignas(64) Real e[tile][stride], back[tile][stride], r[tile][inputs];
  for (int b = 0; b < tile; b++) {
    const Real *lb = l + b * inputs;
    r[b][0] = -lb[2], r[b][1] = -lb[3], r[b][2] = lb[0], r[b][3] = lb[1];
    for (int h = 0; h < width; h += lanes) {
      Vector tr = at(W.w1[0] + h) * r[b][0] + at(W.w1[1] + h) * r[b][1] + at(W.w1[2] + h) * r[b][2] + at(W.w1[3] + h) * r[b][3];
      at(right[b] + h) = at(S.a1[b] + h);
      at(right[tile + b] + h) = at(S.s1[b] + h) * tr;
    }
  }
  multiply<tile>(right[tile], W.forward, e[0]);
  for (int h = 0; h < width; h += lanes) {
    Vector w = at(W.w3[0] + h), b2{}, w3{};
    for (int b = 0; b < tile; b++) {
      Vector s = at(S.s2[b] + h), g = w * s, se = s * at(e[b] + h), z = (1 - s) * (w * se);
      at(left[b] + h) = z;
      at(left[tile + b] + h) = g;
      b2 += z, w3 += se;
    }
    at(G.b2 + h) += b2;
    at(G.w3[0] + h) += w3;
  }
  multiply<tile>(left[0], W.backward, back[0]);
  Vector o[tile][inputs] = {};
  for (int h = 0; h < width; h += lanes) {
    Vector w[inputs], dw[inputs], db = at(G.b1 + h);
    for (int i = 0; i < inputs; i++) w[i] = at(W.w1[i] + h), dw[i] = at(G.w1[i] + h);
    for (int b = 0; b < tile; b++) {
      const Real *u = S.x[b];
      Vector s = at(S.s1[b] + h), g = s * at(S.c1[b] + h), tr = w[0] * r[b][0] + w[1] * r[b][1] + w[2] * r[b][2] + w[3] * r[b][3];
      Vector z = s * at(back[b] + h) + g * (1 - s) * tr;
      db += z;
      for (int i = 0; i < inputs; i++) dw[i] += z * u[i] + g * r[b][i], o[b][i] += w[i] * z;
    }
    at(G.b1 + h) = db;
    for (int i = 0; i < inputs; i++) at(G.w1[i] + h) = dw[i];
  }
  for (int b = 0; b < tile; b++)
    for (int i = 0; i < inputs; i++) out[b * inputs + i] = sum(o[b][i]);
}
