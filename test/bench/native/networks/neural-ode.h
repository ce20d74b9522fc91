// A neural ODE u' = W3 softplus(W2 softplus(W1 u + b1) + b2) + b3 of four states, and its vector-Jacobian product, written by hand for
// this shape. `tile` states go through together. In products with W2: 1 for the right-hand side, 2 for the vector-Jacobian product.
#pragma once
#include "layers.h"

static Weights<inputs> W;
static Gradient<inputs> G;

/// What the vector-Jacobian product needs of a right-hand side: activations and sigmoids of both layers.
template <int tile> struct alignas(64) Stage {
  Real a1[tile][stride], s1[tile][stride], a2[tile][stride], s2[tile][stride];
  Real x[tile][inputs];
};

/// out[tile][4] = u' at x[tile][4].
template <int tile> static __attribute__((noinline)) void rightHandSide(const Real *x, Real *out, Stage<tile> &S) {
  std::memcpy(S.x, x, sizeof S.x);
  firstLayer<tile>(W, S.x, S.a1, S.s1);
  multiply<tile>(S.a1[0], W.forward, S.a2[0]);
  softplusRows<tile>(S.a2, W.b2, S.s2);
  for (int b = 0; b < tile; b++) {
    Vector o[inputs] = {};
    for (int h = 0; h < width; h += lanes)
      for (int i = 0; i < inputs; i++) o[i] += at(S.a2[b] + h) * at(W.w3[i] + h);
    for (int i = 0; i < inputs; i++) out[b * inputs + i] = sum(o[i]) + W.b3[i];
  }
}

/// After `rightHandSide`: out[tile][4] = cotangents of the states for the cotangents l[tile][4] of u', those of the parameters are
/// added to G.
template <int tile> static __attribute__((noinline)) void vectorJacobian(const Real *l, Real *out, const Stage<tile> &S) {
  const int first = G.reserve(tile);
  Real(*left)[stride] = G.left + first, (*right)[stride] = G.right + first;
  alignas(64) Real back[tile][stride];
  for (int h = 0; h < width; h += lanes) {
    Vector w[inputs], dw[inputs], db = at(G.b2 + h);
    for (int i = 0; i < inputs; i++) w[i] = at(W.w3[i] + h), dw[i] = at(G.w3[i] + h);
    for (int b = 0; b < tile; b++) {
      const Real *lb = l + b * inputs;
      Vector a = at(S.a2[b] + h), z = at(S.s2[b] + h) * (w[0] * lb[0] + w[1] * lb[1] + w[2] * lb[2] + w[3] * lb[3]);
      at(left[b] + h) = z;
      at(right[b] + h) = at(S.a1[b] + h);
      db += z;
      for (int i = 0; i < inputs; i++) dw[i] += a * lb[i];
    }
    at(G.b2 + h) = db;
    for (int i = 0; i < inputs; i++) at(G.w3[i] + h) = dw[i];
  }
  for (int b = 0; b < tile; b++)
    for (int i = 0; i < inputs; i++) G.b3[i] += l[b * inputs + i];
  multiply<tile>(left[0], W.backward, back[0]);
  Vector o[tile][inputs] = {};
  for (int h = 0; h < width; h += lanes) {
    Vector w[inputs], dw[inputs], db = at(G.b1 + h);
    for (int i = 0; i < inputs; i++) w[i] = at(W.w1[i] + h), dw[i] = at(G.w1[i] + h);
    for (int b = 0; b < tile; b++) {
      const Real *u = S.x[b];
      Vector z = at(S.s1[b] + h) * at(back[b] + h);
      db += z;
      for (int i = 0; i < inputs; i++) dw[i] += z * u[i], o[b][i] += w[i] * z;
    }
    at(G.b1 + h) = db;
    for (int i = 0; i < inputs; i++) at(G.w1[i] + h) = dw[i];
  }
  for (int b = 0; b < tile; b++)
    for (int i = 0; i < inputs; i++) out[b * inputs + i] = sum(o[b][i]);
}
