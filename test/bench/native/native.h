/* Interface of the compiled reference solvers. */
#include <math.h>
#include <string.h>

enum { MAX_N = 64 };

typedef void (*Rhs)(double t, const double *y, double *dy);

/* f_u(t, y), row-major. */
typedef void (*Jacobian)(double t, const double *y, double *J);

typedef struct {
  long nfev, accepted, rejected;
} Counts;

typedef struct {
  const char *id;
  int n;
  double end;
  Rhs f;
  void (*start)(double *y);
  /* Of stiff problems: the Jacobian, and the absolute tolerance as a multiple of the relative one. */
  Jacobian jacobian;
  double scale;
} Problem;

extern const Problem problems[];
extern const int problem_count;

/* Integrate y[n] from x to xend > x with relative and absolute tolerance tol. */
Counts dopri5(Rhs f, int n, double x, double xend, double *y, double tol);
Counts dop853(Rhs f, int n, double x, double xend, double *y, double tol);

/* Integrate a stiff problem with its Jacobian, with the first step of the Fortran code, 1e-6. */
Counts rodas(Rhs f, Jacobian jacobian, int n, double x, double xend, double *y, double rtol, double atol);

/* Length of the first step; f0 is the slope at (x, y), f1 and y1 are scratch. One evaluation. */
double first_step(Rhs f, int n, double x, double xend, const double *y, const double *f0, double *f1, double *y1, int order, double tol);

#ifdef WITH_SUNDIALS
/* Integrates a problem by CVODE, see sundials/cvode.c; y[0] is NaN after a failure. */
Counts cvode(const Problem *problem, int stiff, double *y, double rtol, double atol);
const char *sundials_version(void);
#endif
