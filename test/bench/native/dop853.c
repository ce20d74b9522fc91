/* DOP853: the Dormand-Prince method of order 8 with Hairer's step-size control, from the description in Hairer, Norsett, Wanner,
   Solving Ordinary Differential Equations I (1993), sections II.4, II.5 and II.10. No dense output. */
#include "native.h"

static double work[14][MAX_N];

/* Stages 2 to 12; leaves the state at x + h in y1 and the increment per h in d. */
static void stages(Rhs f, int n, double x, double h, const double *y, double *y1, double *d) {
  double *k1 = work[0], *k2 = work[1], *k3 = work[2], *k4 = work[3], *k5 = work[4], *k6 = work[5];
  double *k7 = work[6], *k8 = work[7], *k9 = work[8], *k10 = work[9], *k11 = work[10], *k12 = work[11];
  int i;
  for (i = 0; i < n; i++) y1[i] = y[i] + h * (0.05260015195876773 * k1[i]);
  f(x + 0.05260015195876773 * h, y1, k2);
  for (i = 0; i < n; i++) y1[i] = y[i] + h * (0.0197250569845379 * k1[i] + 0.0591751709536137 * k2[i]);
  f(x + 0.0789002279381516 * h, y1, k3);
  for (i = 0; i < n; i++) y1[i] = y[i] + h * (0.02958758547680685 * k1[i] + 0.08876275643042054 * k3[i]);
  f(x + 0.1183503419072274 * h, y1, k4);
  for (i = 0; i < n; i++) y1[i] = y[i] + h * (0.2413651341592667 * k1[i] - 0.8845494793282861 * k3[i] + 0.924834003261792 * k4[i]);
  f(x + 0.2816496580927726 * h, y1, k5);
  for (i = 0; i < n; i++) y1[i] = y[i] + h * (0.037037037037037035 * k1[i] + 0.17082860872947386 * k4[i] + 0.12546768756682242 * k5[i]);
  f(x + 0.3333333333333333 * h, y1, k6);
  for (i = 0; i < n; i++) y1[i] = y[i] + h * (0.037109375 * k1[i] + 0.17025221101954405 * k4[i] + 0.06021653898045596 * k5[i] - 0.017578125 * k6[i]);
  f(x + 0.25 * h, y1, k7);
  for (i = 0; i < n; i++) y1[i] = y[i] + h * (0.03709200011850479 * k1[i] + 0.17038392571223998 * k4[i] + 0.10726203044637328 * k5[i] -
      0.015319437748624402 * k6[i] + 0.008273789163814023 * k7[i]);
  f(x + 0.3076923076923077 * h, y1, k8);
  for (i = 0; i < n; i++) y1[i] = y[i] + h * (0.6241109587160757 * k1[i] - 3.3608926294469414 * k4[i] - 0.868219346841726 * k5[i] +
      27.59209969944671 * k6[i] + 20.154067550477894 * k7[i] - 43.48988418106996 * k8[i]);
  f(x + 0.6512820512820513 * h, y1, k9);
  for (i = 0; i < n; i++) y1[i] = y[i] + h * (0.47766253643826434 * k1[i] - 2.4881146199716677 * k4[i] - 0.590290826836843 * k5[i] +
      21.230051448181193 * k6[i] + 15.279233632882423 * k7[i] - 33.28821096898486 * k8[i] - 0.020331201708508627 * k9[i]);
  f(x + 0.6 * h, y1, k10);
  for (i = 0; i < n; i++) y1[i] = y[i] + h * (- 0.9371424300859873 * k1[i] + 5.186372428844064 * k4[i] + 1.0914373489967295 * k5[i] -
      8.149787010746927 * k6[i] - 18.52006565999696 * k7[i] + 22.739487099350505 * k8[i] + 2.4936055526796523 * k9[i] - 3.0467644718982196 * k10[i]);
  f(x + 0.8571428571428571 * h, y1, k11);
  for (i = 0; i < n; i++) y1[i] = y[i] + h * (2.273310147516538 * k1[i] - 10.53449546673725 * k4[i] - 2.0008720582248625 * k5[i] -
      17.9589318631188 * k6[i] + 27.94888452941996 * k7[i] - 2.8589982771350235 * k8[i] - 8.87285693353063 * k9[i] + 12.360567175794303 * k10[i] +
      0.6433927460157636 * k11[i]);
  f(x + h, y1, k12);
  for (i = 0; i < n; i++) d[i] = 0.054293734116568765 * k1[i] + 4.450312892752409 * k6[i] + 1.8915178993145003 * k7[i] - 5.801203960010585 * k8[i]
      + 0.3111643669578199 * k9[i] - 0.1521609496625161 * k10[i] + 0.20136540080403034 * k11[i] + 0.04471061572777259 * k12[i];
  for (i = 0; i < n; i++) y1[i] = y[i] + h * d[i];
}

/* The combined error estimate of orders 5 and 3. */
static double estimate(int n, double h, const double *y, const double *y1, const double *d, double tol) {
  const double *k1 = work[0], *k6 = work[5], *k7 = work[6], *k8 = work[7], *k9 = work[8], *k10 = work[9], *k11 = work[10], *k12 = work[11];
  double fine = 0, coarse = 0;
  for (int i = 0; i < n; i++) {
    double scale = tol + tol * fmax(fabs(y[i]), fabs(y1[i]));
    double e3 = (d[i] - 0.2440944881889764 * k1[i] - 0.7338466882816118 * k9[i] - 0.022058823529411766 * k12[i]) / scale;
    double e5 = (0.01312004499419488 * k1[i] - 1.2251564463762044 * k6[i] - 0.4957589496572502 * k7[i] + 1.6643771824549864 * k8[i] -
        0.35032884874997366 * k9[i] + 0.3341791187130175 * k10[i] + 0.08192320648511571 * k11[i] - 0.022355307863886294 * k12[i]) / scale;
    coarse += e3 * e3;
    fine += e5 * e5;
  }
  double square = fine + 0.01 * coarse;
  if (square <= 0) square = 1;
  return fabs(h) * fine * sqrt(1 / (n * square));
}

Counts dop853(Rhs f, int n, double x, double xend, double *y, double tol) {
  const double safe = 0.9, fac1 = 0.333, fac2 = 6, expo = 1.0 / 8;
  double *y1 = work[12], *d = work[13];
  Counts counts = {0, 0, 0};
  int rejected = 0, last = 0;
  f(x, y, work[0]);
  double h = first_step(f, n, x, xend, y, work[0], work[1], y1, 8, tol);
  counts.nfev = 2;
  while (!last) {
    if (x + 1.01 * h - xend > 0) {
      h = xend - x;
      last = 1;
    }
    stages(f, n, x, h, y, y1, d);
    double err = estimate(n, h, y, y1, d, tol);
    counts.nfev += 11;
    double fac11 = pow(err, expo);
    double fac = fmax(1 / fac2, fmin(1 / fac1, fac11 / safe));
    double hnew = h / fac;
    if (err <= 1) {
      f(x + h, y1, work[0]);
      counts.nfev++;
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
