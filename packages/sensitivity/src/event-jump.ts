import { OdeError, type BoundField, type ContinuousCallback } from "@fluxion/ode-core";
import type { LoggedEvent } from "./event-log.ts";

/**
 * The derivative of an event, at a time that moves with the state and the parameters if the event has a condition. With f and f+ the slopes before and after it,
 * `u+ = g(t, u, p)` and the condition c, changes du of the state before it and dp of the parameters, both at a fixed time, move the event by `dt = -(c_u du + c_p dp) / (c_t + c_u f)` and make
 * `du+ = g_u (du + f dt) + g_t dt + g_p dp - f+ dt`.
 *
 * @source Hiskens, Pai, IEEE Trans. Circuits Syst. I 47 (2000) 204-220, "Trajectory sensitivity analysis of hybrid systems"
 */
export interface EventJump {
  readonly event: LoggedEvent;
  /** The slopes before and after the event. */
  readonly slopes: readonly [before: Float64Array, after: Float64Array];
  /** Place of the earlier event at the same time that this one moves with, where it happens because of that. */
  readonly leader: number | undefined;
  /** Takes a change `du[n]`, along the change of parameter `j` (none if undefined), to the other side in place; returns by how much the event moves: as its leader does, by `led`. */
  push(du: Float64Array, j: number | undefined, led: number): number;
  /**
   * The transpose: takes the gradient `lambda[n]` by the state after the event in place to that by the state before it, and adds to the gradient `byParameters[m]`. `byTime` is the gradient by the time of the event
   * on its own. Returns what of it is left for the leader.
   */
  pull(lambda: Float64Array, byTime: number, byParameters: Float64Array): number;
}

/**
 * The jump of one event, along a vector field of `n` components with parameters `p`.
 *
 * @param earlier - The jumps of those before it at the same time, in their order.
 * @throws OdeError `SOLVE_FAILED` where the condition touches zero without passing through it, and where an earlier event took the state away from a condition that is not its own.
 */
export function eventJump(bound: BoundField, event: LoggedEvent, p: Float64Array, earlier: readonly EventJump[]): EventJump {
  const { t, callback, before, after } = event;
  const [n, m] = [before.length, p.length];
  const { derivatives } = callback;
  const slopes = [new Float64Array(n), new Float64Array(n)] as const;
  bound.rhs(t, before, slopes[0]);
  bound.rhs(t, after, slopes[1]);
  const leader = leaderOf(event, p, earlier);
  const moves = callback.kind === "continuous" && leader === undefined;
  const { byState: cu, byParameters: cp, speed } = moves ? crossing(event, p, slopes[0]) : { byState: new Float64Array(n), byParameters: new Float64Array(m), speed: 1 };
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
    event,
    slopes,
    leader,
    push: (du, j, led) => {
      const dt = moves ? -(dot(cu, du) + (j === undefined ? 0 : cp[j])) / speed : leader === undefined ? 0 : led;
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
      return leader === undefined ? 0 : total;
    },
  };
}

/** The gradient of a condition, and how fast it changes along the solution. @throws OdeError `SOLVE_FAILED` when that is 0. */
function crossing({ t, callback, index, before }: LoggedEvent, p: Float64Array, slope: Float64Array): { byState: Float64Array; byParameters: Float64Array; speed: number } {
  const [byState, byParameters] = [new Float64Array(before.length), new Float64Array(p.length)];
  const speed = callback.derivatives!.condition!(t, before, p, byState, byParameters) + dot(byState, slope);
  if (speed === 0 || Number.isNaN(speed)) {
    throw new OdeError("SOLVE_FAILED", `Cannot differentiate the solution as conditions must pass through zero at a speed that is not 0: that of callback ${index} at its event at t = ${t} is ${speed}`);
  }
  return { byState, byParameters, speed };
}

/** What counts as no change of a condition, as a part of what its terms may change by; and how far from 1 the squared cosine of gradients may be that have one direction. */
const [still, parallel] = [1e-9, 1e-10];

/**
 * Which of the earlier events at one time an event moves with: with none where these leave its condition as it was. Where one took the state away from it, the event happens with that one, in which it must share
 * the condition: otherwise a neighbouring solution has them one after the other, or only one.
 */
function leaderOf(event: LoggedEvent, p: Float64Array, earlier: readonly EventJump[]): number | undefined {
  const { t, callback, index, before } = event;
  if (callback.kind !== "continuous" || earlier.length === 0) return undefined;
  const { before: start } = earlier[0].event;
  const own = surface(callback, t, start, p);
  const change = callback.condition(t, before, p) - callback.condition(t, start, p);
  const terms = before.reduce((sum, x, i) => sum + Math.abs(own[i]) * (Math.abs(x) + Math.abs(start[i])), 0);
  if (Math.abs(change) <= still * terms) return undefined;
  const leader = earlier.findIndex(({ event: { callback: other }, leader: led }) => other.kind === "continuous" && led === undefined && hasOneDirection(own, surface(other, t, start, p)));
  if (leader < 0) {
    throw new OdeError("SOLVE_FAILED", `Cannot differentiate the solution as events at one time must share their condition, or leave those of others as they are: the condition of callback ${index} at t = ${t} is changed by another one, which has its own`);
  }
  return leader;
}

/** The gradient of a condition by state, parameters and time. */
function surface({ derivatives }: ContinuousCallback, t: number, u: Float64Array, p: Float64Array): Float64Array {
  const all = new Float64Array(u.length + p.length + 1);
  all[all.length - 1] = derivatives!.condition!(t, u, p, all.subarray(0, u.length), all.subarray(u.length, u.length + p.length));
  return all;
}

const hasOneDirection = (a: Float64Array, b: Float64Array): boolean => dot(a, b) ** 2 > (1 - parallel) * dot(a, a) * dot(b, b);

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}
