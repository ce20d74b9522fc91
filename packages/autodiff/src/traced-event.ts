import { assertKnown, assertSizes, OdeError, shown, type CallbackState, type EventDerivatives } from "@fluxion/ode-core";
import { compile } from "./compile.ts";
import { lazy } from "./lazy.ts";
import { shapeError, Tensor, type Shape } from "./tensor.ts";
import type { TracedRhs } from "./traced-field.ts";
import { vjp } from "./vjp.ts";

/** Options of {@link tracedEvent}: functions of the scalar `t`, of `u[n]` and of `p[m]`. */
export interface TracedEventOptions {
  /** Length n of the state. */
  readonly dim: number;
  /** Length m of the parameters. Default 0. */
  readonly paramCount?: number | undefined;
  /** A scalar: the event is where it passes through zero. Not for `presetTimeCallback`. */
  readonly condition?: TracedRhs | undefined;
  /** The state `u[n]` after the event. Default: as before it. */
  readonly affect?: TracedRhs | undefined;
}

/** What `presetTimeCallback` takes of an event. */
export interface TracedAffect {
  readonly affect: (state: CallbackState) => void;
  readonly derivatives: EventDerivatives;
}

/** What `continuousCallback` takes of an event. */
export interface TracedEvent {
  readonly condition: (t: number, u: Float64Array, p: Float64Array) => number;
  readonly affect: ((state: CallbackState) => void) | undefined;
  readonly derivatives: EventDerivatives;
}

/**
 * An event with derivatives, which `forwardSensitivity`, `gaussAdjoint` and `interpolatingAdjoint` go through:
 * `continuousCallback({ ...tracedEvent({ dim, paramCount, condition, affect }), direction: "falling" })`, or, without a condition, `presetTimeCallback({ times, ...tracedEvent({ dim, paramCount, affect }) })`.
 * Each function is compiled when it is first needed.
 *
 * @throws OdeError `INVALID_ARGUMENT` for wrong sizes, `INVALID_OPTION` for a wrong option; when it is first needed, `INVALID_TRACE` for what is no traced array, `SHAPE_MISMATCH` for a condition that is no
 * scalar, a state of another length, and in solves with states or parameters of other lengths.
 */
export function tracedEvent(options: TracedEventOptions & { readonly condition: TracedRhs }): TracedEvent;
export function tracedEvent(options: TracedEventOptions & { readonly condition?: undefined; readonly affect: TracedRhs }): TracedAffect;
export function tracedEvent(options: TracedEventOptions): Partial<TracedEvent> {
  assertKnown("make a traced event", options, ["dim", "paramCount", "condition", "affect"]);
  const { dim, paramCount = 0, condition, affect } = options;
  assertSizes(dim, paramCount);
  for (const [name, f] of [["condition", condition], ["affect", affect]] as const) {
    if (f !== undefined && typeof f !== "function") throw new OdeError("INVALID_OPTION", `Cannot make a traced event as option "${name}" must be a function (t, u, p): current value is ${shown(f)}`);
  }
  if (!condition && !affect) throw new OdeError("INVALID_OPTION", 'Cannot make a traced event as it needs option "condition" or "affect": it has neither');
  const shapes = [[], [dim], [paramCount]];
  const [crossing, change] = [condition && evaluators("condition", condition, shapes, []), affect && evaluators("affect", affect, shapes, [dim])];
  const check = (u: Float64Array, p: Float64Array): void => {
    for (const [name, expected, what, { length }] of [["dim", dim, "state", u], ["paramCount", paramCount, "parameters", p]] as const) {
      if (length !== expected) throw new OdeError("SHAPE_MISMATCH", `Cannot use a traced event as its option "${name}" must be the length of the ${what}: it is ${expected}, the ${what} ${what === "state" ? "has" : "have"} ${length}`);
    }
  };
  return {
    ...(crossing && {
      condition: (t, u, p) => {
        check(u, p);
        return crossing.value(t, u, p)[0];
      },
    }),
    ...(change && {
      affect: ({ t, u, p }) => {
        check(u, p);
        u.set(change.value(t, u, p));
      },
    }),
    derivatives: {
      ...(crossing ? { condition: (t, u, p, byState, byParameters) => crossing.pull(t, u, p, one, byState, byParameters) } : {}),
      ...(change ? { affect: change.pull } : {}),
    },
  };
}

const one = Float64Array.of(1);

/** A traced function on plain arrays, and its product with a cotangent. */
interface Evaluators {
  /** Overwritten by the next call. */
  value(t: number, u: Float64Array, p: Float64Array): Float64Array;
  readonly pull: NonNullable<EventDerivatives["affect"]>;
}

function evaluators(what: string, f: TracedRhs, shapes: readonly Shape[], wanted: Shape): Evaluators {
  const checked: TracedRhs = (t, u, p) => {
    const y: unknown = f(t, u, p);
    if (!(y instanceof Tensor)) throw new OdeError("INVALID_TRACE", `Cannot trace the ${what} of an event as it must return a traced array: it returned ${shown(y)}`);
    if (y.shape.length !== wanted.length || y.shape.some((s, i) => s !== wanted[i])) throw shapeError(`the ${what} of an event`, `its shape must be [${wanted.join(", ")}]`, [y]);
    return y;
  };
  const value = lazy(() => compile(checked, shapes));
  const product = lazy(() => compile((t, u, p, w) => vjp(checked, t, u, p)[1](w), [...shapes, wanted]));
  const [time, byTime, result] = [new Float64Array(1), new Float64Array(1), new Float64Array(wanted[0] ?? 1)];
  return {
    value: (t, u, p) => {
      time[0] = t;
      value()([time, u, p], [result]);
      return result;
    },
    pull: (t, u, p, w, byState, byParameters) => {
      time[0] = t;
      product()([time, u, p, w], [byTime, byState, byParameters]);
      return byTime[0];
    },
  };
}
