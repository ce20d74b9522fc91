// network TASK COUNT SECONDS: times a task of the network in the header NETWORK over COUNT states or trajectories. Reads as doubles, from
// standard input, the parameters, the COUNT states[4], and what else the task needs; prints { us, value, gradientNorm, gradientAlong } with
// the least time of one run of the whole task.
//   rhs            right-hand sides; value is their norm
//   rhs+vjp        the same with their vector-Jacobian products by cotangents[COUNT][4]
//   acceleration   gradient of the mean over the states of |q'' - target|^2; targets[COUNT][2]
//   rollout        gradient of the mean square error of trajectories at t = 0.01, 0.02, ..., 1; targets[COUNT][100][4]
#include "rollout.h"
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

/// States that go through together.
constexpr int together = 4;

enum Kind { rhs, rhsVjp, acceleration, rolloutGradient, kinds };
constexpr const char *names[kinds] = {"rhs", "rhs+vjp", "acceleration", "rollout"};
/// Numbers for each state beside itself.
constexpr int others[kinds] = {0, inputs, 2, steps * inputs};

struct Task {
  Kind kind;
  int count;
  std::vector<Real> parameters, states, extra, outputs, gradient;

  /// The part of `tile` states from state `from` on: its share of the loss.
  template <int tile> Real part(int from) {
    static Stage<tile> stage;
    static Record<tile> record;
    const Real *x = &states[from * inputs], *with = extra.data() + from * others[kind];
    Real *out = &outputs[from * inputs], cotangents[tile * inputs] = {}, unused[tile * inputs], loss = 0;
    if (kind == rolloutGradient) return rollout<tile>(x, with, Real(1) / (count * steps * inputs), record);
    rightHandSide<tile>(x, out, stage);
    if (kind == rhsVjp) vectorJacobian<tile>(with, unused, stage);
    if (kind == acceleration) {
      for (int b = 0; b < tile; b++)
        for (int i = 0; i < 2; i++) {
          Real error = out[b * inputs + 2 + i] - with[b * 2 + i];
          loss += error * error / count;
          cotangents[b * inputs + 2 + i] = 2 * error / count;
        }
      vectorJacobian<tile>(cotangents, unused, stage);
    }
    return loss;
  }

  /// From parameters to the loss and its gradient, where there is one.
  Real run() {
    const bool whole = kind == acceleration || kind == rolloutGradient;
    if (whole) W.set(parameters.data()), G.clear();
    Real loss = 0;
    int from = 0;
    for (; from + together <= count; from += together) loss += part<together>(from);
    for (; from < count; from++) loss += part<1>(from);
    if (whole) G.take(gradient.data());
    else if (kind == rhsVjp) G.flush();
    return loss;
  }
};

static double now() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return 1e6 * t.tv_sec + 1e-3 * t.tv_nsec;
}

static double norm(const std::vector<Real> &x) {
  double squares = 0;
  for (Real one : x) squares += double(one) * one;
  return std::sqrt(squares);
}

/// Along the direction cos k.
static double along(const std::vector<Real> &x) {
  double sum = 0;
  for (size_t k = 0; k < x.size(); k++) sum += std::cos(double(k)) * x[k];
  return sum;
}

static std::vector<Real> read(int count) {
  std::vector<double> numbers(count);
  if (fread(numbers.data(), sizeof(double), count, stdin) != size_t(count)) exit(2);
  return {numbers.begin(), numbers.end()};
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  int kind = 0;
  while (kind < kinds && strcmp(argv[1], names[kind])) kind++;
  if (kind == kinds) return 2;
  const int count = atoi(argv[2]);
  Task task{Kind(kind), count, read(W.count), read(count * inputs), read(count * others[kind]), std::vector<Real>(count * inputs), std::vector<Real>(W.count)};
  W.set(task.parameters.data());
  double value = task.run(), best = 1e30;
  if (kind == rhs || kind == rhsVjp) value = norm(task.outputs), G.take(task.gradient.data());
  const double gradientNorm = norm(task.gradient), gradientAlong = along(task.gradient), end = now() + 1e6 * atof(argv[3]);
  // Samples of milliseconds: the clock of a process is coarse.
  for (int repeats = 1; now() < end; repeats = int(2000 / best) + 1) {
    const double started = now();
    for (int i = 0; i < repeats; i++) task.run();
    best = std::min(best, (now() - started) / repeats);
  }
  printf("{\"us\":%.6g,\"value\":%.17g,\"gradientNorm\":%.17g,\"gradientAlong\":%.17g}\n", best, value, gradientNorm, gradientAlong);
}
