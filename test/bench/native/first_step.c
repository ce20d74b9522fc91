/* The automatic first step of Hairer, Norsett, Wanner, Solving Ordinary Differential Equations I (1993), section II.4, with sums of squares. */
#include "native.h"

double first_step(Rhs f, int n, double x, double xend, const double *y, const double *f0, double *f1, double *y1, int order, double tol) {
  double slope = 0, size = 0, curvature = 0, hmax = xend - x;
  for (int i = 0; i < n; i++) {
    double scale = tol + tol * fabs(y[i]);
    slope += f0[i] / scale * (f0[i] / scale);
    size += y[i] / scale * (y[i] / scale);
  }
  double h = slope <= 1e-10 || size <= 1e-10 ? 1e-6 : 0.01 * sqrt(size / slope);
  h = fmin(h, hmax);
  for (int i = 0; i < n; i++) y1[i] = y[i] + h * f0[i];
  f(x + h, y1, f1);
  for (int i = 0; i < n; i++) {
    double difference = (f1[i] - f0[i]) / (tol + tol * fabs(y[i]));
    curvature += difference * difference;
  }
  double steepest = fmax(sqrt(curvature) / h, sqrt(slope));
  double h1 = steepest <= 1e-15 ? fmax(1e-6, h * 1e-3) : pow(0.01 / steepest, 1.0 / order);
  return fmin(fmin(100 * h, h1), hmax);
}
