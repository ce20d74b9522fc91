/* RODAS: the Rosenbrock method of order 4(3) for autonomous problems with Gustafsson's predictive step-size control, from the
   description in Hairer, Wanner, Solving Ordinary Differential Equations II (1996), sections IV.7, IV.8 and VI.4. Dense matrices, no
   dense output. */
#include "native.h"

enum { STAGES = 6 };

static const double gamma_ = 0.25;
static const double A[STAGES][STAGES] = {
    {0},
    {1.544},
    {0.9466785280815826, 0.2557011698983284},
    {3.314825187068521, 2.896124015972201, 0.9986419139977817},
    {1.221224509226641, 6.019134481288629, 12.53708332932087, -0.687886036105895},
    {1.221224509226641, 6.019134481288629, 12.53708332932087, -0.687886036105895, 1},
};
static const double C[STAGES][STAGES] = {
    {0},
    {-5.6688},
    {-2.430093356833875, -0.2063599157091915},
    {-0.1073529058151375, -9.594562251023355, -20.47028614809616},
    {7.496443313967647, -10.24680431464352, -33.99990352819905, 11.7089089320616},
    {8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054},
};
static const double c[STAGES] = {0, 0.386, 0.21, 0.63, 1, 1};

/* Gaussian elimination with partial pivoting of the row-major a[n * n] in place; 0 when it is singular. */
static int factor(double *a, int n, int *pivots) {
  for (int k = 0; k < n; k++) {
    int best = k;
    for (int i = k + 1; i < n; i++) if (fabs(a[i * n + k]) > fabs(a[best * n + k])) best = i;
    pivots[k] = best;
    if (a[best * n + k] == 0) return 0;
    if (best != k) {
      for (int j = 0; j < n; j++) {
        double x = a[k * n + j];
        a[k * n + j] = a[best * n + j];
        a[best * n + j] = x;
      }
    }
    double inverse = 1 / a[k * n + k];
    for (int i = k + 1; i < n; i++) {
      double x = a[i * n + k] *= inverse;
      if (x != 0) for (int j = k + 1; j < n; j++) a[i * n + j] -= x * a[k * n + j];
    }
  }
  return 1;
}

static void solve(const double *lu, int n, const int *pivots, double *b) {
  for (int k = 0; k < n; k++) {
    double x = b[pivots[k]];
    b[pivots[k]] = b[k];
    b[k] = x;
  }
  for (int i = 1; i < n; i++) for (int j = 0; j < i; j++) b[i] -= lu[i * n + j] * b[j];
  for (int i = n - 1; i >= 0; i--) {
    for (int j = i + 1; j < n; j++) b[i] -= lu[i * n + j] * b[j];
    b[i] /= lu[i * n + i];
  }
}

Counts rodas(Rhs f, Jacobian jacobian, int n, double x, double xend, double *y, double rtol, double atol) {
  const double safe = 0.9, fac1 = 5, fac2 = 1 / 6.0;
  double U[STAGES][MAX_N], y1[MAX_N], dy[MAX_N], first[MAX_N], J[MAX_N * MAX_N], W[MAX_N * MAX_N];
  int pivots[MAX_N], rejected = 0, last = 0, i, j, stage;
  double h = 1e-6, hacc = h, erracc = 1;
  Counts counts = {0, 0, 0};
  f(x, y, first);
  jacobian(x, y, J);
  counts.nfev++;
  for (;;) {
    last = x + 1.0001 * h >= xend;
    if (last) h = xend - x;
    for (i = 0; i < n * n; i++) W[i] = -J[i];
    for (i = 0; i < n; i++) W[i * n + i] += 1 / (gamma_ * h);
    if (!factor(W, n, pivots)) {
      h *= 0.5;
      rejected = 1;
      continue;
    }
    for (stage = 0; stage < STAGES; stage++) {
      const double *slope = first;
      double *u = U[stage];
      for (i = 0; i < n; i++) {
        y1[i] = y[i];
        u[i] = 0;
      }
      for (j = 0; j < stage; j++) {
        double a = A[stage][j], ch = C[stage][j] / h;
        for (i = 0; i < n; i++) {
          y1[i] += a * U[j][i];
          u[i] += ch * U[j][i];
        }
      }
      if (stage > 0) {
        f(x + c[stage] * h, y1, dy);
        slope = dy;
      }
      for (i = 0; i < n; i++) u[i] += slope[i];
      solve(W, n, pivots, u);
    }
    counts.nfev += 5;
    double err = 0;
    for (i = 0; i < n; i++) {
      y1[i] += U[5][i];
      double e = U[5][i] / (atol + rtol * fmax(fabs(y[i]), fabs(y1[i])));
      err += e * e;
    }
    err = sqrt(err / n);
    double fac = fmax(fac2, fmin(fac1, sqrt(sqrt(err)) / safe));
    if (err > 1) {
      h /= fac;
      rejected = 1;
      counts.rejected++;
      continue;
    }
    if (counts.accepted > 0) fac = fmax(fac, fmax(fac2, fmin(fac1, hacc / h * sqrt(sqrt(err * err / erracc)) / safe)));
    hacc = h;
    erracc = fmax(0.01, err);
    memcpy(y, y1, n * sizeof(double));
    x += h;
    counts.accepted++;
    if (last) return counts;
    h = rejected ? fmin(h / fac, h) : h / fac;
    rejected = 0;
    f(x, y, first);
    jacobian(x, y, J);
    counts.nfev++;
  }
}
