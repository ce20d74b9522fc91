/* The benchmark problems; ../support/bench-problems.ts holds the same formulas. All start at t = 0; the last ones are stiff, and the
   Brusselator is to some degree. */
#include "native.h"

static void lotka_volterra(double t, const double *u, double *du) {
  (void)t;
  du[0] = 1.5 * u[0] - u[0] * u[1];
  du[1] = -3 * u[1] + u[0] * u[1];
}
static void lotka_volterra_start(double *u) { u[0] = u[1] = 1; }

static void lorenz(double t, const double *u, double *du) {
  (void)t;
  du[0] = 10 * (u[1] - u[0]);
  du[1] = u[0] * (28 - u[2]) - u[1];
  du[2] = u[0] * u[1] - 8.0 / 3 * u[2];
}
static void lorenz_start(double *u) {
  u[0] = 1;
  u[1] = u[2] = 0;
}

static void arenstorf(double t, const double *u, double *du) {
  (void)t;
  const double mu = 0.012277471, mu1 = 1 - mu;
  double a = u[0] + mu, b = u[0] - mu1, v2 = u[1] * u[1];
  double r1 = a * a + v2, r2 = b * b + v2;
  double d1 = r1 * sqrt(r1), d2 = r2 * sqrt(r2);
  du[0] = u[2];
  du[1] = u[3];
  du[2] = u[0] + 2 * u[3] - mu1 * a / d1 - mu * b / d2;
  du[3] = u[1] - 2 * u[2] - mu1 * u[1] / d1 - mu * u[1] / d2;
}
static void arenstorf_start(double *u) {
  u[0] = 0.994;
  u[1] = u[2] = 0;
  u[3] = -2.0015851063790824;
}

static void kepler(double t, const double *u, double *du) {
  (void)t;
  double r2 = u[0] * u[0] + u[1] * u[1], r3 = r2 * sqrt(r2);
  du[0] = u[2];
  du[1] = u[3];
  du[2] = -u[0] / r3;
  du[3] = -u[1] / r3;
}
static void kepler_start(double *u) {
  u[0] = 0.4;
  u[1] = u[2] = 0;
  u[3] = 2;
}

static void double_pendulum(double t, const double *u, double *du) {
  (void)t;
  const double g = 9.81;
  double c = cos(u[0] - u[1]), s = sin(u[0] - u[1]), a1 = 0.5 * c;
  double f1 = -0.5 * u[3] * u[3] * s - g * sin(u[0]);
  double f2 = u[2] * u[2] * s - g * sin(u[1]);
  du[0] = u[2];
  du[1] = u[3];
  du[2] = (f1 - a1 * f2) / (1 - a1 * c);
  du[3] = (f2 - c * f1) / (1 - a1 * c);
}
static void double_pendulum_start(double *u) {
  u[0] = 1.3463968515384828;
  u[1] = 2.356194490192345;
  u[2] = u[3] = 0;
}

static void pleiades(double t, const double *u, double *du) {
  (void)t;
  for (int i = 0; i < 7; i++) {
    double ax = 0, ay = 0;
    for (int j = 0; j < 7; j++) {
      if (j == i) continue;
      double dx = u[j] - u[i], dy = u[7 + j] - u[7 + i];
      double r2 = dx * dx + dy * dy, r3 = r2 * sqrt(r2);
      ax += (j + 1) * dx / r3;
      ay += (j + 1) * dy / r3;
    }
    du[i] = u[14 + i];
    du[7 + i] = u[21 + i];
    du[14 + i] = ax;
    du[21 + i] = ay;
  }
}
static void pleiades_start(double *u) {
  static const double start[28] = {3, 3, -1, -3, 2, -2, 2, 3, -3, 2, 0, 0, -4, 4, 0, 0, 0, 0, 0, 1.75, -1.5, 0, 0, 0, -1.25, 1, 0, 0};
  memcpy(u, start, sizeof start);
}

static void brusselator(double t, const double *y, double *dy) {
  (void)t;
  const int n = 32;
  const double c = 33.0 * 33 / 50;
  for (int i = 0; i < n; i++) {
    double u = y[i], v = y[n + i], uuv = u * u * v;
    dy[i] = 1 + uuv - 4 * u + c * ((i > 0 ? y[i - 1] : 1) - 2 * u + (i < n - 1 ? y[i + 1] : 1));
    dy[n + i] = 3 * u - uuv + c * ((i > 0 ? y[n + i - 1] : 3) - 2 * v + (i < n - 1 ? y[n + i + 1] : 3));
  }
}
static void brusselator_jacobian(double t, const double *y, double *J) {
  (void)t;
  enum { points = 32, n = 2 * points };
  const double c = 33.0 * 33 / 50;
  memset(J, 0, n * n * sizeof(double));
  for (int i = 0; i < points; i++) {
    double u = y[i], v = y[points + i];
    double *du = J + i * n, *dv = J + (points + i) * n;
    du[i] = 2 * u * v - 4 - 2 * c;
    du[points + i] = u * u;
    dv[i] = 3 - 2 * u * v;
    dv[points + i] = -u * u - 2 * c;
    if (i > 0) du[i - 1] = dv[points + i - 1] = c;
    if (i < points - 1) du[i + 1] = dv[points + i + 1] = c;
  }
}
static void brusselator_start(double *u) {
  for (int i = 0; i < 32; i++) {
    u[i] = 1 + sin(2 * 3.141592653589793 * (i + 1) / 33);
    u[32 + i] = 3;
  }
}

static void van_der_pol(double t, const double *u, double *du) {
  (void)t;
  du[0] = u[1];
  du[1] = 1000 * ((1 - u[0] * u[0]) * u[1]) - u[0];
}
static void van_der_pol_jacobian(double t, const double *u, double *J) {
  (void)t;
  J[0] = 0;
  J[1] = 1;
  J[2] = -2000 * u[0] * u[1] - 1;
  J[3] = 1000 * (1 - u[0] * u[0]);
}
static void van_der_pol_start(double *u) {
  u[0] = 2;
  u[1] = 0;
}

static void robertson(double t, const double *u, double *du) {
  (void)t;
  du[0] = -0.04 * u[0] + 1e4 * u[1] * u[2];
  du[1] = 0.04 * u[0] - 1e4 * u[1] * u[2] - 3e7 * u[1] * u[1];
  du[2] = 3e7 * u[1] * u[1];
}
static void robertson_jacobian(double t, const double *u, double *J) {
  (void)t;
  const double rows[9] = {-0.04, 1e4 * u[2], 1e4 * u[1], 0.04, -1e4 * u[2] - 6e7 * u[1], -1e4 * u[1], 0, 6e7 * u[1], 0};
  memcpy(J, rows, sizeof rows);
}
static void robertson_start(double *u) {
  u[0] = 1;
  u[1] = u[2] = 0;
}

static void hires(double t, const double *u, double *du) {
  (void)t;
  double bound = 280 * u[5] * u[7];
  du[0] = -1.71 * u[0] + 0.43 * u[1] + 8.32 * u[2] + 0.0007;
  du[1] = 1.71 * u[0] - 8.75 * u[1];
  du[2] = -10.03 * u[2] + 0.43 * u[3] + 0.035 * u[4];
  du[3] = 8.32 * u[1] + 1.71 * u[2] - 1.12 * u[3];
  du[4] = -1.745 * u[4] + 0.43 * u[5] + 0.43 * u[6];
  du[5] = -bound + 0.69 * u[3] + 1.71 * u[4] - 0.43 * u[5] + 0.69 * u[6];
  du[6] = bound - 1.81 * u[6];
  du[7] = -bound + 1.81 * u[6];
}
static void hires_jacobian(double t, const double *u, double *J) {
  (void)t;
  double a = 280 * u[7], b = 280 * u[5];
  const double rows[64] = {
      -1.71, 0.43, 8.32, 0, 0, 0, 0, 0,
      1.71, -8.75, 0, 0, 0, 0, 0, 0,
      0, 0, -10.03, 0.43, 0.035, 0, 0, 0,
      0, 8.32, 1.71, -1.12, 0, 0, 0, 0,
      0, 0, 0, 0, -1.745, 0.43, 0.43, 0,
      0, 0, 0, 0.69, 1.71, -0.43 - a, 0.69, -b,
      0, 0, 0, 0, 0, a, -1.81, b,
      0, 0, 0, 0, 0, -a, 1.81, -b,
  };
  memcpy(J, rows, sizeof rows);
}
static void hires_start(double *u) {
  memset(u, 0, 8 * sizeof *u);
  u[0] = 1;
  u[7] = 0.0057;
}

const Problem problems[] = {
    {"lotka_volterra", 2, 10, lotka_volterra, lotka_volterra_start, 0, 0},
    {"lorenz", 3, 20, lorenz, lorenz_start, 0, 0},
    {"arenstorf", 4, 17.065216560157964, arenstorf, arenstorf_start, 0, 0},
    {"kepler_e06_10", 4, 62.83185307179586, kepler, kepler_start, 0, 0},
    {"dblpend_large", 4, 10, double_pendulum, double_pendulum_start, 0, 0},
    {"pleiades", 28, 3, pleiades, pleiades_start, 0, 0},
    {"brusselator1d_32", 64, 10, brusselator, brusselator_start, brusselator_jacobian, 1},
    {"vdp1e3", 2, 2000, van_der_pol, van_der_pol_start, van_der_pol_jacobian, 1},
    {"robertson40", 3, 40, robertson, robertson_start, robertson_jacobian, 1e-6},
    {"robertson1e11", 3, 1e11, robertson, robertson_start, robertson_jacobian, 1e-10},
    {"hires", 8, 321.8122, hires, hires_start, hires_jacobian, 1e-4},
};
const int problem_count = sizeof problems / sizeof problems[0];
