// The network x[4] -> W3 softplus(W2 softplus(W1 x + b1) + b2) + b3: its weights, and sums of a gradient by them.
#pragma once
#include "products.h"
#include <cstring>

constexpr int inputs = 4;

/// What belongs to single units, as rows along the hidden layers.
template <int outputs> struct Rows {
  static constexpr int count = H * inputs + H + H * H + H + outputs * H + outputs;

  Real w1[inputs][width], b1[width], b2[width], w3[outputs][width], b3[outputs];

  /// Calls `pair` with each number and its place in p, in the order W1[H][4], b1[H], W2[H][H], b2[H], W3[outputs][H], b3[outputs]. Returns
  /// the place of W2.
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

/// The vectors of `tile` rows that go through a function together: one of each row, or several of one alone.
template <int tile> struct Group {
  static constexpr int along = tile == 1 ? panelVectors : 1, size = tile * along, step = along * lanes;

  static constexpr int row(int i) { return i % tile; }
  static constexpr int column(int i) { return i / tile * lanes; }
};

/// a[tile] = softplus(W1 x[tile] + b1), with its derivative s[tile].
template <int tile, int outputs> INLINE void firstLayer(const Rows<outputs> &W, const Real (*x)[inputs], Real (*a)[stride], Real (*s)[stride]) {
  using Place = Group<tile>;
  for (int h = 0; h < width; h += Place::step) {
    auto [softplus, sigmoid] = softplusAndSigmoid(several<Place::size>([&](int i) {
      const Real *u = x[Place::row(i)];
      const int k = h + Place::column(i);
      return at(W.b1 + k) + at(W.w1[0] + k) * u[0] + at(W.w1[1] + k) * u[1] + at(W.w1[2] + k) * u[2] + at(W.w1[3] + k) * u[3];
    }));
    for (int i = 0; i < Place::size; i++) {
      at(a[Place::row(i)] + h + Place::column(i)) = softplus[i];
      at(s[Place::row(i)] + h + Place::column(i)) = sigmoid[i];
    }
  }
}

/// z[tile] becomes softplus(z + b), with its derivative s[tile].
template <int tile> INLINE void softplusRows(Real (*z)[stride], const Real *b, Real (*s)[stride]) {
  using Place = Group<tile>;
  for (int h = 0; h < width; h += Place::step) {
    auto [softplus, sigmoid] = softplusAndSigmoid(several<Place::size>([&](int i) { return at(z[Place::row(i)] + h + Place::column(i)) + at(b + h + Place::column(i)); }));
    for (int i = 0; i < Place::size; i++) {
      at(z[Place::row(i)] + h + Place::column(i)) = softplus[i];
      at(s[Place::row(i)] + h + Place::column(i)) = sigmoid[i];
    }
  }
}

/// z[tile] becomes the derivative of softplus at z + b.
template <int tile> INLINE void sigmoidRows(Real (*z)[stride], const Real *b) {
  using Place = Group<tile>;
  for (int h = 0; h < width; h += Place::step) {
    auto s = sigmoid(several<Place::size>([&](int i) { return at(z[Place::row(i)] + h + Place::column(i)) + at(b + h + Place::column(i)); }));
    for (int i = 0; i < Place::size; i++) at(z[Place::row(i)] + h + Place::column(i)) = s[i];
  }
}
