/* Interface of the compiled reference solvers. */
#include <math.h>
#include <string.h>

enum { MAX_N = 64 };

typedef void (*Rhs)(double t, const double *y, double *dy);

typedef struct {
  long nfev, accepted, rejected;
} Counts;

typedef struct {
  const char *id;
  int n;
  double end;
  Rhs f;
  void (*start)(double *y);
} Problem;

extern const Problem problems[];
extern const int problem_count;

/* Integrate y[n] from x to xend > x with relative and absolute tolerance tol. */
Counts dopri5(Rhs f, int n, double x, double xend, double *y, double tol);
Counts dop853(Rhs f, int n, double x, double xend, double *y, double tol);

/* Length of the first step; f0 is the slope at (x, y), f1 and y1 are scratch. One evaluation. */
double first_step(Rhs f, int n, double x, double xend, const double *y, const double *f0, double *f1, double *y1, int order, double tol);
