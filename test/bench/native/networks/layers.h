// The network x[4] -> W3 softplus(W2 softplus(W1 x + b1) + b2) + b3: its weights, and sums of a gradient by them.
#pragma once
#include "products.h"
#include <cstring>

constexpr int inputs = 4;

/// What belongs to single units, as rows along the hidden layers.
template <int outputs> struct Rows {
  static constexpr int count = H * inputs + H + H * H + H + outputs * H + outputs;

  Real w1[inputs][width], b1[width], b2[width], w3[outputs][width], b3[outputs];

  /// Calls `pair` with each number and its place in p, in the order W1[H][4], b1[H], W2[H][H], b2[H], W3[outputs][H], b3[outputs]. Returns the place of W2.
  template <class Number, class Pair> Number *each(Number *p, Pair pair) {
    Number *w2 = p + inputs * H + H, *last = w2 + H * H + H;
    for (int h = 0; h < H; h++) {
      for (int i = 0; i < inputs; i++) pair(w1[i][h], p[h * inputs + i]);
      pair(b1[h], p[inputs * H + h]);
      pair(b2[h], w2[H * H + h]);
      for (int o = 0; o < outputs; o++) pair(w3[o][h], last[o * H + h]);
    }
    for (int o = 0; o < outputs; o++) pair(b3[o], last[outputs * H + o]);
    return w2;
  }
};

template <int outputs> struct alignas(64) Weights : Rows<outputs> {
  /// W2' and W2, as factors from the right.
  Packed forward, backward;

  void set(const Real *p) {
    const Real *w2 = this->each(p, [](Real &ours, const Real &given) { ours = given; });
    forward.pack(w2, 1, H);
    backward.pack(w2, H, 1);
  }
};

/// Sums of the parameter gradient; those of W2 wait as factors of outer products until there are enough for one large product.
template <int outputs> struct alignas(64) Gradient : Rows<outputs> {
  static constexpr int capacity = 64;
  alignas(64) Real w2[H * width];
  alignas(64) Real left[capacity][stride], right[capacity][stride];
  int pending;

  void clear() { std::memset((void *)this, 0, sizeof *this); }

  /// The first of `more` rows for factors.
  int reserve(int more) {
    if (pending + more > capacity) flush();
    pending += more;
    return pending - more;
  }

  void flush() {
    addOuterProducts(pending, left[0], right[0], w2);
    pending = 0;
  }

  void take(Real *p) {
    flush();
    Real *to = this->each(p, [](Real &ours, Real &wanted) { wanted = ours; });
    for (int h = 0; h < H; h++)
      for (int k = 0; k < H; k++) to[h * H + k] = w2[h * width + k];
  }
};
