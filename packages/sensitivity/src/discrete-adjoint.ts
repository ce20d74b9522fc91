import { holdStable, readOptions, timeTolerance, type Linearization, type NoOptions, type SensitivityAlgorithm, type SensitivityContext, type Tableau } from "@fluxion/ode-core";
import { assertPullable } from "./check-linearization.ts";
import { callbacksOf, eventGroups, loggedCallbacks, type LoggedEvent } from "./event-log.ts";
import { pullEvents } from "./event-pull.ts";
import { KeptSteps } from "./kept-steps.ts";
import { accumulate } from "./small-vectors.ts";
import { StepTranspose } from "./step-transpose.ts";
import { TapedField } from "./taped-field.ts";
import { linearizeWholeSteps } from "./whole-steps.ts";

/**
 * Transposes the explicit Runge-Kutta steps that were taken, dense output included: the gradient of the computed solution,
 * exact to rounding whatever the step size. The choice of the step sizes is not differentiated: with step-size control the
 * steps count as given, and at loose tolerances the gradient is one of that sequence of steps and not of the differential equation.
 *
 * Adaptive steps are held within the stability limit for the fastest rate of the problem, by `holdStable`. In stiff problems (a fast reaction, a stiff spring, a gain of 1,000) they are therefore up to 20 %
 * more than those of `solve`, and the gradient is right where those would make it wrong by orders of magnitude: what is fast has died out on a slow solution, so that errors do not
 * show that steps are too long, but their derivatives multiply what grows in them. Other solves take the steps of `solve`, and 3 evaluations more at every 16th. Stable is not accurate: where the
 * solution is simpler than its sensitivities, as that of a system at rest by the amplitude of a force that is zero, steps are too long for these also at tight tolerances, and the gradient may be wrong by
 * orders of magnitude. There set `dtmax`, take fixed steps, or `forwardSensitivity`, which controls the errors of the sensitivities. Fixed steps are taken as given.
 *
 * Cost of `pull`: per step and stage one `vjp`, and one `rhs` for all stages but the last. Fields that keep what `vjp` needs
 * (`BoundField.tape`, all compiled ones) evaluate nothing twice, for up to 256 MiB of it; beyond that, and when the field was
 * linearised again in the meantime, they pay the same. Fixed steps with all saved times at their ends are taken by such fields
 * themselves, which takes about 0.6 times as long for small networks. Memory besides: the state of every step. Goes through events at preset times that have derivatives.
 *
 * @throws OdeError `INVALID_OPTION` for any option.
 * @source Hager, Numer. Math. 87 (2000) 247-282; Sanz-Serna, SIAM Rev. 58 (2016) 3-33.
 */
export function discreteAdjoint(options: NoOptions = {}): SensitivityAlgorithm {
  readOptions("discreteAdjoint", options, {});
  return {
    name: "discreteAdjoint",
    requires: ["vjp"],
    requiresTableau: true,
    supports: ["presetTimeDerivatives"],
    linearize: (context) => linearizeWholeSteps(context) ?? linearizeStages(context),
  };
}

/** Stage by stage, for all that an explicit Runge-Kutta solve can do. */
function linearizeStages({ problem, algorithm, options: solveOptions, solve }: SensitivityContext): Linearization {
  const { f, p, tspan } = problem;
  const n = f.dim;
  const tape = new KeptSteps(n);
  const taped = new TapedField(f, p);
  const events: LoggedEvent[] = [];
  const solved = solve({ ...problem, f: taped.field }, solveOptions.adaptive === false ? algorithm : holdStable(algorithm), {
    ...solveOptions,
    callback: loggedCallbacks(callbacksOf(solveOptions), n, (event) => events.push(event)),
    onStep: (t, h, u) => {
      tape.push(t, h, u);
      taped.keepStep();
      solveOptions.onStep?.(t, h, u);
    },
  });
  taped.stopRecording();
  const solution = { ...solved, problem, algorithm };
  const groups = eventGroups(solution, events, solveOptions);
  const last = solution.retcode === "terminated" ? groups[groups.length - 1].t : tspan[1];
  const bound = f.bind(p);
  // The caller may write into those of the solution.
  const times = solution.t.slice();
  const toleranceAt = (saved: number): number => timeTolerance(tspan[0], times[saved]);
  const transpose = new StepTranspose(algorithm.tableau as Tableau, taped, n);
  return {
    solution,
    pull(uBar) {
      assertPullable(solution, uBar);
      taped.begin();
      const [du0, byEvents] = [new Float64Array(n), new Float64Array(p.length)];
      let saved = times.length - 1;
      let next = groups.length - 1;
      /** Back through the events at a time, if there are some, and the states saved there. */
      const passEvents = (time: number): void => {
        if (next < 0 || Math.abs(groups[next].t - time) > timeTolerance(groups[next].t, time)) return;
        saved = groups[next].first - 1;
        pullEvents(bound, groups[next--], p, uBar, du0, byEvents);
      };
      for (let i = tape.length - 1; i >= 0; i--) {
        const t = tape.t(i);
        const h = tape.h(i);
        const end = i + 1 < tape.length ? tape.t(i + 1) : last;
        const direction = Math.sign(h);
        passEvents(end);
        taped.turnTo(i);
        transpose.begin(t, h, tape.states, i * n);
        // The states at the end of the step were saved as they are, those before it interpolated.
        for (; saved >= 0 && direction * (times[saved] - end) >= -toleranceAt(saved); saved--) accumulate(1, uBar[saved], du0);
        for (; saved >= 0 && direction * (times[saved] - t) > toleranceAt(saved); saved--) transpose.addInside((times[saved] - t) / h, uBar[saved]);
        transpose.pull(du0);
      }
      passEvents(tspan[0]);
      for (; saved >= 0; saved--) accumulate(1, uBar[saved], du0);
      const dp = taped.gradient();
      accumulate(1, byEvents, dp);
      return { dp, du0 };
    },
  };
}
