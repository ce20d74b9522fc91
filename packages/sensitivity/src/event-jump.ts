import { OdeError, type BoundField } from "@fluxion/ode-core";
import type { LoggedEvent } from "./event-log.ts";

/**
 * The derivative of an event, at a time that moves with the state and the parameters if the event has a condition. With f and f+ the slopes before and after it,
 * `u+ = g(t, u, p)` and the condition c, changes du of the state before it and dp of the parameters, both at a fixed time, move the event by `dt = -(c_u du + c_p dp) / (c_t + c_u f)` and make
 * `du+ = g_u (du + f dt) + g_t dt + g_p dp - f+ dt`.
 *
 * @source Hiskens, Pai, IEEE Trans. Circuits Syst. I 47 (2000) 204-220, "Trajectory sensitivity analysis of hybrid systems"
 */
export interface EventJump {
  /** The slopes before and after the event. */
  readonly slopes: readonly [before: Float64Array, after: Float64Array];
  /** Takes a change `du[n]`, along the change of parameter `j` (none if undefined), to the other side in place; returns by how much the event moves. */
  push(du: Float64Array, j: number | undefined): number;
  /**
   * The transpose: takes the gradient `lambda[n]` by the state after the event in place to that by the state before it, and adds to the gradient `byParameters[m]`. `byTime` is the gradient by the time of the event on its own.
   */
  pull(lambda: Float64Array, byTime: number, byParameters: Float64Array): void;
}

/** The jump of one event, along a vector field of `n` components with parameters `p`. @throws OdeError `SOLVE_FAILED` where the condition touches zero without passing through it. */
export function eventJump(bound: BoundField, { t, callback, index, before, after }: LoggedEvent, p: Float64Array): EventJump {
  const [n, m] = [before.length, p.length];
  const { derivatives } = callback;
  const slopes = [new Float64Array(n), new Float64Array(n)] as const;
  bound.rhs(t, before, slopes[0]);
  bound.rhs(t, after, slopes[1]);
  const [cu, cp] = [new Float64Array(n), new Float64Array(m)];
  const moves = callback.kind === "continuous";
  const speed = moves ? derivatives!.condition!(t, before, p, cu, cp) + dot(cu, slopes[0]) : 1;
  if (speed === 0 || Number.isNaN(speed)) {
    throw new OdeError("SOLVE_FAILED", `Cannot differentiate the solution as conditions must pass through zero at a speed that is not 0: that of callback ${index} at its event at t = ${t} is ${speed}`);
  }
  /** Gradients of `w . g`. */
  const [gu, gp] = [new Float64Array(n), new Float64Array(m)];
  const pullAffect = (w: Float64Array): number => {
    if (callback.affect) return derivatives!.affect!(t, before, p, w, gu, gp);
    gu.set(w);
    return 0;
  };
  const unit = new Float64Array(n);
  let rows: { byTime: number; byState: Float64Array; byParameters: Float64Array }[] | undefined;
  /** The rows of the affect's Jacobian. */
  const jacobian = (): NonNullable<typeof rows> =>
    Array.from({ length: n }, (_, i) => {
      unit.fill(0);
      unit[i] = 1;
      return { byTime: pullAffect(unit), byState: gu.slice(), byParameters: gp.slice() };
    });
  return {
    slopes,
    push: (du, j) => {
      const dt = moves ? -(dot(cu, du) + (j === undefined ? 0 : cp[j])) / speed : 0;
      const moved = du.map((x, i) => x + slopes[0][i] * dt);
      rows ??= jacobian();
      rows.forEach(({ byTime, byState, byParameters }, i) => {
        du[i] = dot(byState, moved) + (byTime - slopes[1][i]) * dt + (j === undefined ? 0 : byParameters[j]);
      });
      return dt;
    },
    pull: (lambda, byTime, byParameters) => {
      const total = byTime + pullAffect(lambda) + dot(gu, slopes[0]) - dot(lambda, slopes[1]);
      const part = moves ? -total / speed : 0;
      for (let i = 0; i < n; i++) lambda[i] = gu[i] + part * cu[i];
      for (let j = 0; j < m; j++) byParameters[j] += (callback.affect ? gp[j] : 0) + part * cp[j];
    },
  };
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}
