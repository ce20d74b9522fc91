// A Lagrangian network q'' = M^-1 (dL/dq - C v), L = w3 . softplus(W2 softplus(W1 x + b1) + b2), x = (q, v) with two coordinates, and
// its vector-Jacobian product, written by hand for this shape: 5 and 8 products with W2. The yardstick for compiled kernels.
// lnn H SECONDS: reads the parameters, the state and the cotangent as doubles from standard input, prints checksums and times.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX 256
#define D 2
static int H;
static double *W1, *b1, *W2, *b2, *w3;            // parameters: W1[H][4], W2[H][H]
static double *gW1, *gb1, *gW2, *gb2, *gw3;       // their gradient
static double x[4];
static double X[4][MAX] __attribute__((aligned(64))), Z[4][MAX] __attribute__((aligned(64)));
static double s1[MAX], s2[MAX], tu[MAX], g2[MAX] __attribute__((aligned(64))), c1[MAX] __attribute__((aligned(64)));
static double acc[2], inv[3];

static void layer(const double *z, double *softplus, double *sigmoid) {
  for (int i = 0; i < H; i++) {
    double e = exp(-fabs(z[i])), r = 1 / (1 + e);
    softplus[i] = (z[i] > 0 ? z[i] : 0) + log1p(e);
    sigmoid[i] = z[i] >= 0 ? r : e * r;
  }
}

// y[c] = W2 x[c] for `n` columns, two rows at a time
#define FORWARD(n)                                                                                    \
  static void forward##n(double (*restrict y)[MAX], double (*restrict v)[MAX]) {                      \
    for (int i = 0; i < H; i += 2) {                                                                  \
      const double *restrict p = W2 + i * H, *restrict q = W2 + (i + 1) * H;                          \
      double a[n] = {0}, b[n] = {0};                                                                  \
      for (int k = 0; k < H; k++)                                                                     \
        for (int c = 0; c < n; c++) { a[c] += p[k] * v[c][k]; b[c] += q[k] * v[c][k]; }               \
      for (int c = 0; c < n; c++) { y[c][i] = a[c]; y[c][i + 1] = b[c]; }                             \
    }                                                                                                 \
  }
FORWARD(4)
FORWARD(1)

// y[c] = W2' x[c] for `n` columns, four rows of W2 at a time
#define BACKWARD(n)                                                                                   \
  static void backward##n(double (*restrict y)[MAX], double (*restrict v)[MAX]) {                     \
    for (int c = 0; c < n; c++) memset(y[c], 0, H * sizeof(double));                                  \
    int i = 0;                                                                                        \
    for (; i + 4 <= H; i += 4) {                                                                      \
      const double *restrict p = W2 + i * H;                                                          \
      for (int k = 0; k < H; k++)                                                                     \
        for (int c = 0; c < n; c++)                                                                   \
          y[c][k] += v[c][i] * p[k] + v[c][i + 1] * p[k + H] + v[c][i + 2] * p[k + 2 * H] + v[c][i + 3] * p[k + 3 * H]; \
    }                                                                                                 \
    for (; i < H; i++)                                                                                \
      for (int k = 0; k < H; k++)                                                                     \
        for (int c = 0; c < n; c++) y[c][k] += v[c][i] * W2[i * H + k];                               \
  }
BACKWARD(1)
BACKWARD(3)

static void rhs(double *out) {
  double z[MAX];
  for (int i = 0; i < H; i++) {
    const double *w = W1 + 4 * i;
    z[i] = b1[i] + w[0] * x[0] + w[1] * x[1] + w[2] * x[2] + w[3] * x[3];
    tu[i] = w[0] * x[2] + w[1] * x[3];
  }
  layer(z, X[0], s1);
  for (int i = 0; i < H; i++) {
    X[1][i] = s1[i] * W1[4 * i + 2];
    X[2][i] = s1[i] * W1[4 * i + 3];
    X[3][i] = s1[i] * tu[i];
  }
  forward4(Z, X);
  double unused[MAX], m00 = 0, m01 = 0, m11 = 0, c0 = 0, c1v = 0, r0 = 0, r1 = 0;
  for (int i = 0; i < H; i++) z[i] = Z[0][i] + b2[i];
  layer(z, unused, s2);
  for (int i = 0; i < H; i++) {
    g2[i] = s2[i] * w3[i];
    double k = g2[i] * (1 - s2[i]), a = k * Z[1][i], b = k * Z[2][i];
    m00 += a * Z[1][i]; m01 += a * Z[2][i]; m11 += b * Z[2][i];
    c0 += a * Z[3][i]; c1v += b * Z[3][i];
  }
  backward1((double (*)[MAX])c1, (double (*)[MAX])g2);
  for (int i = 0; i < H; i++) {
    const double *w = W1 + 4 * i;
    double g = s1[i] * c1[i], k = g * (1 - s1[i]), a = k * w[2], b = k * w[3];
    m00 += a * w[2]; m01 += a * w[3]; m11 += b * w[3];
    c0 += a * tu[i]; c1v += b * tu[i];
    r0 += g * w[0]; r1 += g * w[1];
  }
  double d = 1 / (m00 * m11 - m01 * m01);
  inv[0] = m11 * d; inv[1] = -m01 * d; inv[2] = m00 * d;
  r0 -= c0; r1 -= c1v;
  acc[0] = inv[0] * r0 + inv[1] * r1;
  acc[1] = inv[1] * r0 + inv[2] * r1;
  out[0] = x[2]; out[1] = x[3]; out[2] = acc[0]; out[3] = acc[1];
}

// After rhs: the gradient of Phi with its directions p = (0, mu), w = (v, a), r = (mu, 0).
static void vjp(const double *l, double *outU) {
  double mu0 = inv[0] * l[2] + inv[1] * l[3], mu1 = inv[1] * l[2] + inv[2] * l[3];
  static double tp[MAX], tw[MAX], A[4][MAX] __attribute__((aligned(64))), B[4][MAX] __attribute__((aligned(64))), E[1][MAX], ZE[1][MAX], Y[3][MAX];
  for (int i = 0; i < H; i++) {
    const double *w = W1 + 4 * i;
    double s = s1[i], sp = s * (1 - s), r = w[0] * mu0 + w[1] * mu1;
    tp[i] = w[2] * mu0 + w[3] * mu1;
    tw[i] = tu[i] + w[2] * acc[0] + w[3] * acc[1];
    A[0][i] = X[0][i]; A[1][i] = s * tp[i]; A[2][i] = s * tw[i];
    A[3][i] = E[0][i] = s * r - sp * tp[i] * tw[i];
  }
  forward1(ZE, E);
  for (int i = 0; i < H; i++) {
    double s = s2[i], m = 1 - s, w = w3[i], sp = s * m, wsp = w * sp, wspp = wsp * (m - s);
    double p = Z[1][i] * mu0 + Z[2][i] * mu1, q = Z[3][i] + Z[1][i] * acc[0] + Z[2][i] * acc[1];
    B[0][i] = wsp * ZE[0][i] - wspp * p * q; B[1][i] = -wsp * q; B[2][i] = -wsp * p; B[3][i] = w * s;
    gb2[i] += B[0][i];
    gw3[i] += s * ZE[0][i] - sp * p * q;
  }
  backward3(Y, B);
  for (int i = 0; i < H; i++) {
    double *restrict g = gW2 + i * H;
    double p = B[0][i], q = B[1][i], r = B[2][i], s = B[3][i];
    for (int k = 0; k < H; k++) g[k] += p * A[0][k] + q * A[1][k] + r * A[2][k] + s * A[3][k];
  }
  double o0 = 0, o1 = 0, o2 = 0, o3 = 0;
  for (int i = 0; i < H; i++) {
    const double *w = W1 + 4 * i;
    double s = s1[i], m = 1 - s, sp = s * m, spp = sp * (m - s), c = c1[i], csp = c * sp, r = w[0] * mu0 + w[1] * mu1;
    double zb = s * Y[0][i] + sp * (tp[i] * Y[1][i] + tw[i] * Y[2][i]) + csp * r - c * spp * tp[i] * tw[i];
    double pb = s * Y[1][i] - csp * tw[i], wb = s * Y[2][i] - csp * tp[i], rb = s * c;
    double *g = gW1 + 4 * i;
    gb1[i] += zb;
    g[0] += zb * x[0] + wb * x[2] + rb * mu0;
    g[1] += zb * x[1] + wb * x[3] + rb * mu1;
    g[2] += zb * x[2] + pb * mu0 + wb * acc[0];
    g[3] += zb * x[3] + pb * mu1 + wb * acc[1];
    o0 += w[0] * zb; o1 += w[1] * zb; o2 += w[2] * zb + w[0] * wb; o3 += w[3] * zb + w[1] * wb;
  }
  outU[0] = o0; outU[1] = o1; outU[2] = o2 + l[0]; outU[3] = o3 + l[1];
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return 1e6 * t.tv_sec + 1e-3 * t.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  H = atoi(argv[1]);
  double seconds = atof(argv[2]);
  if (H < 2 || H > MAX || H % 2) return 2;
  int n = 4 * H + H + H * H + H + H;
  double *p = aligned_alloc(64, (n + 64) * sizeof(double)), *g = aligned_alloc(64, (n + 64) * sizeof(double)), l[4], out[4], u[4];
  if (fread(p, sizeof(double), n, stdin) != (size_t)n || fread(x, sizeof(double), 4, stdin) != 4 || fread(l, sizeof(double), 4, stdin) != 4) return 2;
  memset(g, 0, n * sizeof(double));
  W1 = p; b1 = W1 + 4 * H; W2 = b1 + H; b2 = W2 + H * H; w3 = b2 + H;
  gW1 = g; gb1 = gW1 + 4 * H; gW2 = gb1 + H; gb2 = gW2 + H * H; gw3 = gb2 + H;
  rhs(out);
  vjp(l, u);
  double norm = 0, best[2] = {1e30, 1e30};
  for (int i = 0; i < n; i++) norm += g[i] * g[i];
  // Samples of milliseconds: the clock of a process is coarse.
  int count = 40000000 / (n * 13) + 1;
  for (int which = 0; which < 2; which++) {
    double start = now();
    while (now() - start < 1e6 * seconds) {
      double t = now();
      for (int i = 0; i < count; i++) { rhs(out); if (which) vjp(l, u); }
      t = (now() - t) / count;
      if (t < best[which]) best[which] = t;
    }
  }
  printf("{\"acceleration\":[%.17g,%.17g],\"gradientNorm\":%.17g,\"rhs\":%.6g,\"rhsVjp\":%.6g}\n", acc[0], acc[1], sqrt(norm), best[0], best[1]);
  return 0;
}
