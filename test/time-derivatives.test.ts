import { add, at, cos, mul, neg, sin, stack, tracedField } from "@fluxion/autodiff";
import { fromConfig, linearize, odeProblem, solve, vern9 } from "@fluxion/ode-core";
import { sensealgs } from "@fluxion/sensitivity";
import { expect, test } from "vitest";

/** A damped pendulum that is shaken: what it does depends on the time itself, too. */
const pendulum = tracedField((t, u, p) => stack([at(u, 1), add(mul(at(p, 1), cos(mul(3, t))), neg(add(mul(at(p, 0), at(u, 1)), sin(at(u, 0)))))]), { dim: 2, paramCount: 2 });
const [u0, p] = [[1, -0.3], [0.2, 0.7]];
const weights = [[0.3, -1.1], [0.8, 0.5]].map((w) => Float64Array.from(w));
const options = { reltol: 1e-12, abstol: 1e-12 };
const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * b[i], 0);

/** Of the start and both saved times. */
const value = ([start, ...saveAt]: readonly number[]): number =>
  solve(odeProblem(pendulum, u0, [start, 3], p), vern9(), { ...options, saveAt }).u.reduce((sum, u, i) => sum + dot(weights[i], u), 0);

test.each(Object.keys(sensealgs))("derivatives by the start and by saved times follow from those of %s by states", (name) => {
  const times = [0.4, 1.7, 3];
  const { solution, pull } = linearize(odeProblem(pendulum, u0, [0.4, 3], p), vern9(), { ...options, saveAt: times.slice(1), sensealg: fromConfig(sensealgs, { name }) });
  const slope = (t: number, u: Float64Array): Float64Array => {
    const out = new Float64Array(2);
    pendulum.bind(Float64Array.from(p)).rhs(t, u, out);
    return out;
  };
  const found = [-dot(pull(weights).du0, slope(times[0], Float64Array.from(u0))), ...weights.map((w, i) => dot(w, slope(solution.t[i], solution.u[i])))];
  found.forEach((derivative, i) => {
    const moved = (by: number): number => value(times.map((t, k) => (k === i ? t + by : t)));
    // A fourth-order difference; the end of the solve lies behind the last saved time where that moves.
    const h = i === 2 ? -1e-3 : 1e-3;
    const expected = i === 2
      ? (-25 * moved(0) + 48 * moved(h) - 36 * moved(2 * h) + 16 * moved(3 * h) - 3 * moved(4 * h)) / (12 * h)
      : (8 * (moved(h) - moved(-h)) - moved(2 * h) + moved(-2 * h)) / (12 * h);
    expect(Math.abs(derivative - expected)).toBeLessThan(name === "finiteDifference" ? 1e-6 : 1e-8);
  });
});
