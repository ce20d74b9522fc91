/* DOPRI5: the Dormand-Prince 5(4) pair with Hairer's stabilised step-size control, from the description in Hairer, Norsett, Wanner,
   Solving Ordinary Differential Equations I (1993), sections II.4 and II.5 and IV.2. No dense output, no stiffness detection. */
#include "native.h"

static double work[8][MAX_N];

Counts dopri5(Rhs f, int n, double x, double xend, double *y, double tol) {
  const double safe = 0.9, fac1 = 0.2, fac2 = 10, beta = 0.04, expo1 = 0.2 - 0.75 * beta;
  double *k1 = work[0], *k2 = work[1], *k3 = work[2], *k4 = work[3], *k5 = work[4], *k6 = work[5], *k7 = work[6], *y1 = work[7];
  Counts counts = {0, 0, 0};
  double facold = 1e-4;
  int rejected = 0, last = 0, i;
  f(x, y, k1);
  double h = first_step(f, n, x, xend, y, k1, k2, y1, 5, tol);
  counts.nfev = 2;
  while (!last) {
    if (x + 1.01 * h - xend > 0) {
      h = xend - x;
      last = 1;
    }
    for (i = 0; i < n; i++) y1[i] = y[i] + h * (0.2 * k1[i]);
    f(x + 0.2 * h, y1, k2);
    for (i = 0; i < n; i++) y1[i] = y[i] + h * (3.0 / 40 * k1[i] + 9.0 / 40 * k2[i]);
    f(x + 0.3 * h, y1, k3);
    for (i = 0; i < n; i++) y1[i] = y[i] + h * (44.0 / 45 * k1[i] - 56.0 / 15 * k2[i] + 32.0 / 9 * k3[i]);
    f(x + 0.8 * h, y1, k4);
    for (i = 0; i < n; i++) y1[i] = y[i] + h * (19372.0 / 6561 * k1[i] - 25360.0 / 2187 * k2[i] + 64448.0 / 6561 * k3[i] - 212.0 / 729 * k4[i]);
    f(x + 8.0 / 9 * h, y1, k5);
    for (i = 0; i < n; i++) {
      y1[i] = y[i] + h * (9017.0 / 3168 * k1[i] - 355.0 / 33 * k2[i] + 46732.0 / 5247 * k3[i] + 49.0 / 176 * k4[i] - 5103.0 / 18656 * k5[i]);
    }
    f(x + h, y1, k6);
    for (i = 0; i < n; i++) {
      y1[i] = y[i] + h * (35.0 / 384 * k1[i] + 500.0 / 1113 * k3[i] + 125.0 / 192 * k4[i] - 2187.0 / 6784 * k5[i] + 11.0 / 84 * k6[i]);
    }
    f(x + h, y1, k7);
    counts.nfev += 6;
    double err = 0;
    for (i = 0; i < n; i++) {
      double e = h * (71.0 / 57600 * k1[i] - 71.0 / 16695 * k3[i] + 71.0 / 1920 * k4[i] - 17253.0 / 339200 * k5[i] + 22.0 / 525 * k6[i] - 1.0 / 40 * k7[i]);
      e /= tol + tol * fmax(fabs(y[i]), fabs(y1[i]));
      err += e * e;
    }
    err = sqrt(err / n);
    double fac11 = pow(err, expo1);
    double fac = fmax(1 / fac2, fmin(1 / fac1, fac11 / pow(facold, beta) / safe));
    double hnew = h / fac;
    if (err <= 1) {
      facold = fmax(err, 1e-4);
      memcpy(k1, k7, n * sizeof(double));
      memcpy(y, y1, n * sizeof(double));
      x += h;
      if (rejected) hnew = fmin(hnew, h);
      rejected = 0;
      counts.accepted++;
    } else {
      hnew = h / fmin(1 / fac1, fac11 / safe);
      rejected = 1;
      last = 0;
      counts.rejected++;
    }
    h = hnew;
  }
  return counts;
}
