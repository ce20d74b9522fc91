/* CVODE of SUNDIALS 6 or later, with variable order and step: Adams methods with a functional iteration for the non-stiff problems, BDF with a
   dense matrix and the exact Jacobian for the stiff ones. All is made and freed in each solve, as a user's would be. */
#include "../native.h"
#include <cvode/cvode.h>
#include <nvector/nvector_serial.h>
#include <sundials/sundials_version.h>
#include <sunlinsol/sunlinsol_dense.h>
#include <sunmatrix/sunmatrix_dense.h>
#include <sunnonlinsol/sunnonlinsol_fixedpoint.h>

#if SUNDIALS_VERSION_MAJOR < 7
#define SUN_COMM_NULL NULL
#endif

const char *sundials_version(void) { return SUNDIALS_VERSION; }

typedef struct {
  Rhs f;
  Jacobian jacobian;
  int n;
  long nfev;
} User;

static int rhs(sunrealtype t, N_Vector y, N_Vector dy, void *data) {
  User *user = data;
  user->f(t, N_VGetArrayPointer(y), N_VGetArrayPointer(dy));
  user->nfev++;
  return 0;
}

static int jacobian(sunrealtype t, N_Vector y, N_Vector fy, SUNMatrix J, void *data, N_Vector a, N_Vector b, N_Vector c) {
  (void)fy, (void)a, (void)b, (void)c;
  User *user = data;
  int n = user->n;
  double rows[MAX_N * MAX_N];
  user->jacobian(t, N_VGetArrayPointer(y), rows);
  for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) SM_ELEMENT_D(J, i, j) = rows[i * n + j];
  return 0;
}

Counts cvode(const Problem *p, int stiff, double *y, double rtol, double atol) {
  User user = {p->f, p->jacobian, p->n, 0};
  Counts counts = {0, 0, 0};
  SUNContext context;
  if (SUNContext_Create(SUN_COMM_NULL, &context) != 0) return counts;
  N_Vector u = N_VMake_Serial(p->n, y, context);
  void *solver = CVodeCreate(stiff ? CV_BDF : CV_ADAMS, context);
  CVodeInit(solver, rhs, 0, u);
  CVodeSetUserData(solver, &user);
  CVodeSStolerances(solver, rtol, atol);
  CVodeSetMaxNumSteps(solver, 10000000);
  CVodeSetStopTime(solver, p->end);
  SUNMatrix J = NULL;
  SUNLinearSolver linear = NULL;
  SUNNonlinearSolver functional = NULL;
  if (stiff) {
    J = SUNDenseMatrix(p->n, p->n, context);
    linear = SUNLinSol_Dense(u, J, context);
    CVodeSetLinearSolver(solver, linear, J);
    CVodeSetJacFn(solver, jacobian);
  } else {
    functional = SUNNonlinSol_FixedPoint(u, 0, context);
    CVodeSetNonlinearSolver(solver, functional);
  }
  sunrealtype t = 0;
  if (CVode(solver, p->end, u, &t, CV_NORMAL) < 0) y[0] = NAN;
  CVodeGetNumSteps(solver, &counts.accepted);
  CVodeGetNumErrTestFails(solver, &counts.rejected);
  counts.nfev = user.nfev;
  CVodeFree(&solver);
  if (stiff) {
    SUNLinSolFree(linear);
    SUNMatDestroy(J);
  } else {
    SUNNonlinSolFree(functional);
  }
  N_VDestroy(u);
  SUNContext_Free(&context);
  return counts;
}
