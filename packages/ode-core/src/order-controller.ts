import type { StepController } from "./controller.ts";

/** A method of variable order, as the control of its order sees it after a step. */
export interface VariableOrder {
  /** The order of the last step. */
  order(): number;
  /** Scaled size of the error that the step would have had with order `k`, one more or less; NaN when too little is known. */
  estimate(k: number): number;
  /** Sets the order of the next step, or of the next try of this one. */
  use(k: number): void;
}

/** A controller that can begin anew. */
export interface OrderController extends StepController {
  /** Forgets the last steps; the order is at its lowest. */
  reset(): void;
}

/** Errors count this many times, for a lower order or the same, and for a higher one. */
const [bias, biasUp] = [6, 10];
const [qmin, qmax] = [0.1, 10];
const lost = 0.25;

const factorFor = (scaled: number, k: number): number => Math.exp(-Math.log(scaled) / (k + 1));

/**
 * Control of step and order together: of the order in use and its neighbours, the one that allows the longest step. The
 * neighbours are looked at when the order has lasted for one step more than it is, then every second step, and at each of the
 * first steps as long as that raises it. A lower order that is no less accurate is taken in any case. A rejected step is not
 * followed by growth, and from the third try on it loses an order each time. It puts off the look at the neighbours, but not a second
 * time: where every growth at the order in use is rejected, that look is the way out.
 *
 * @param worthwhile - Factors between this and its inverse leave step and order as they are.
 * @source Byrne, Hindmarsh, ACM Trans. Math. Softw. 1 (1975) 71-96; Hindmarsh et al., ACM Trans. Math. Softw. 31 (2005) 363-396.
 */
export function orderController(method: VariableOrder, highest: number, worthwhile: number): OrderController {
  let wait = 2;
  let failures = 0;
  let isStarting = true;
  /** A rejected step put off the look at the neighbours, which was not taken since. */
  let isPutOff = false;
  const isWorthwhile = (factor: number): boolean => factor >= worthwhile || factor <= 1 / worthwhile;
  /** Sets the order for the next step; returns the factor that it allows. */
  const choose = (error: number): number => {
    const k = method.order();
    const same = factorFor(bias * error, k);
    if (wait > 0 && !isStarting) return same;
    isPutOff = false;
    // Comparisons with NaN are false.
    const lower = k > 1 ? method.estimate(k - 1) : NaN;
    const down = factorFor(bias * lower, k - 1);
    const up = k < highest ? factorFor(biasUp * method.estimate(k + 1), k + 1) : NaN;
    // Derivatives that do not fall with their order are those of an instability, which longer steps would feed.
    const isForced = k > 2 && lower <= error;
    const best = !isForced && up > same && !(down > up) ? k + 1 : isForced || down > same ? k - 1 : k;
    const factor = best === k ? same : best < k ? down : up;
    if (best <= k && k > 1) isStarting = false;
    wait = 2;
    if (best !== k && (isForced || isWorthwhile(factor))) {
      method.use(best);
      wait = best + 1;
    }
    return factor;
  };
  return {
    accept: (error) => {
      wait--;
      if (failures > 0) {
        failures = 0;
        isStarting = false;
        wait = Math.max(wait, isPutOff ? 1 : 2);
        isPutOff = true;
        return 1;
      }
      const factor = choose(error);
      return isWorthwhile(factor) ? Math.min(qmax, Math.max(qmin, factor)) : 1;
    },
    reject: (error) => {
      failures++;
      if (!Number.isFinite(error)) return qmin;
      const k = method.order();
      if (failures > 2 && k > 1) method.use(k - 1);
      return Math.min(failures > 1 ? lost : 0.9, Math.max(qmin, factorFor(bias * error, k)));
    },
    fail: () => {
      failures++;
      return lost;
    },
    reset: () => {
      wait = 2;
      failures = 0;
      isStarting = true;
      isPutOff = false;
    },
  };
}
