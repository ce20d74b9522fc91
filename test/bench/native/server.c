/* Answers lines "SOLVER PROBLEM TOL REPEATS" with "CPU_US NFEV ACCEPTED REJECTED u_1 ... u_n": CPU time per solve, of this process. With any
   argument it says instead with which version of SUNDIALS it was built. */
#include "native.h"
#include <stdio.h>
#include <time.h>

static double cpu_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * 1e6 + now.tv_nsec * 1e-3;
}

#ifdef WITH_SUNDIALS
#define SUNDIALS sundials_version()
#else
#define SUNDIALS ""
#endif

static Counts run(const char *solver, const Problem *p, double *y, double tol) {
#ifdef WITH_SUNDIALS
  if (strcmp(solver, "cvode_adams") == 0) return cvode(p, 0, y, tol, tol);
  if (strcmp(solver, "cvode_bdf") == 0) return cvode(p, 1, y, tol, tol * p->scale);
#endif
  if (strcmp(solver, "rodas") == 0) return rodas(p->f, p->jacobian, p->n, 0, p->end, y, tol, tol * p->scale);
  return (strcmp(solver, "dopri5") == 0 ? dopri5 : dop853)(p->f, p->n, 0, p->end, y, tol);
}

int main(int argc, char **argv) {
  (void)argv;
  char solver[16], id[64];
  double tol, y[MAX_N];
  long repeats;
  if (argc > 1) {
    puts(SUNDIALS);
    return 0;
  }
  while (scanf("%15s %63s %lf %ld", solver, id, &tol, &repeats) == 4) {
    const Problem *p = problems;
    while (p < problems + problem_count && strcmp(p->id, id) != 0) p++;
    if (p == problems + problem_count) return 2;
    Counts counts = {0, 0, 0};
    double begin = cpu_us();
    for (long i = 0; i < repeats; i++) {
      p->start(y);
      counts = run(solver, p, y, tol);
    }
    printf("%.6g %ld %ld %ld", (cpu_us() - begin) / repeats, counts.nfev, counts.accepted, counts.rejected);
    for (int i = 0; i < p->n; i++) printf(" %.17g", y[i]);
    printf("\n");
    fflush(stdout);
  }
  return 0;
}
