// Products with the H x H weights, in register tiles. Rows of numbers of one layer are `stride` apart and `width` long, the part
// beyond H being padding.
#pragma once
#include "vector.h"

constexpr int H = HIDDEN;
constexpr int vectors = (H + lanes - 1) / lanes;
constexpr int width = vectors * lanes;
/// Rows of long layers are kept off powers of two, which would share few sets of the cache.
constexpr int stride = width + (width >= 64 ? 64 / int(sizeof(Real)) : 0);
/// AVX-512 doubles the registers.
#ifdef __AVX512VL__
constexpr int registers = 32;
#else
constexpr int registers = 16;
#endif
/// Columns are taken in panels of so many vectors.
constexpr int panelVectors = registers == 32 && vectors % 4 == 0 ? 4 : vectors % 2 == 0 ? 2 : vectors % 3 == 0 ? 3 : 1;
constexpr int panelWidth = panelVectors * lanes;
constexpr int panels = vectors / panelVectors;

/// out[rows][count panels] (+)= sum over k < depth of a[row][k] b[k][count panels], all in registers.
template <int rows, int count, bool add>
INLINE void block(int depth, const Real *a, long aRow, long aStep, const Real *b, long bStep, long bPanel, Real *out, long outRow) {
  Vector sums[rows][count][panelVectors];
  for (int r = 0; r < rows; r++)
    for (int c = 0; c < count; c++)
      for (int v = 0; v < panelVectors; v++) sums[r][c][v] = add ? at(out + r * outRow + c * panelWidth + v * lanes) : Vector{};
  for (int k = 0; k < depth; k++, a += aStep, b += bStep)
    for (int c = 0; c < count; c++)
      for (int r = 0; r < rows; r++)
        for (int v = 0; v < panelVectors; v++) sums[r][c][v] += all(a[r * aRow]) * at(b + c * bPanel + v * lanes);
  for (int r = 0; r < rows; r++)
    for (int c = 0; c < count; c++)
      for (int v = 0; v < panelVectors; v++) at(out + r * outRow + c * panelWidth + v * lanes) = sums[r][c][v];
}

/// An H x H matrix in panels: panel by panel, in each row by row.
struct alignas(64) Packed {
  static constexpr long panelSize = H * panelWidth;
  Real entries[panels * panelSize];

  /// Takes entry (k, n) from source[k * kStep + n * nStep].
  void pack(const Real *source, int kStep, int nStep) {
    Real *to = entries;
    for (int from = 0; from < width; from += panelWidth)
      for (int k = 0; k < H; k++)
        for (int n = from; n < from + panelWidth; n++) *to++ = n < H ? source[k * kStep + n * nStep] : 0;
  }
};

/// out[rows] = x[rows] matrix, for `count` panels from panel p on.
template <int rows, int count> INLINE void multiplyPanels(const Real *x, const Packed &matrix, int p, Real *out) {
  const Real *b = matrix.entries + p * Packed::panelSize;
  int r = 0;
  for (; r + 4 <= rows; r += 4) block<4, count, false>(H, x + r * stride, stride, 1, b, panelWidth, Packed::panelSize, out + r * stride + p * panelWidth, stride);
  if constexpr (rows % 4) block<rows % 4, count, false>(H, x + r * stride, stride, 1, b, panelWidth, Packed::panelSize, out + r * stride + p * panelWidth, stride);
}

/// out[rows] = x[rows] matrix. Few rows take several panels at once: two units with a latency of four cycles want eight sums under way.
template <int rows> INLINE void multiply(const Real *x, const Packed &matrix, Real *out) {
  constexpr int sumsOfPanel = (rows < 4 ? rows : 4) * panelVectors, wanted = (8 + sumsOfPanel - 1) / sumsOfPanel, count = wanted < panels ? wanted : panels;
  int p = 0;
  for (; p + count <= panels; p += count) multiplyPanels<rows, count>(x, matrix, p, out);
  if constexpr (panels % count) multiplyPanels<rows, panels % count>(x, matrix, p, out);
}

/// sums[i][n] += over k < depth of x[k][i] y[k][n]; rows of `sums` are `width` apart. Sums of few products are passed over in order, as
/// loading them takes the time; those of many in panels that keep rows of y in the cache.
static __attribute__((noinline)) void addOuterProducts(int depth, const Real *x, const Real *y, Real *sums) {
  constexpr int whole = H - H % 4;
  const auto addTo = [&](int i, int n) __attribute__((always_inline)) { block<4, 1, true>(depth, x + i, 1, stride, y + n, stride, 0, sums + i * width + n, width); };
  if (depth <= 8) {
    for (int i = 0; i < whole; i += 4)
      for (int n = 0; n < width; n += panelWidth) addTo(i, n);
  } else {
    for (int n = 0; n < width; n += panelWidth)
      for (int i = 0; i < whole; i += 4) addTo(i, n);
  }
  if constexpr (H % 4)
    for (int n = 0; n < width; n += panelWidth) block<H % 4, 1, true>(depth, x + whole, 1, stride, y + n, stride, 0, sums + whole * width + n, width);
}
