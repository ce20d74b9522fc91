import type { OdeSolution } from "@fluxion/ode-core";

/** How a solve ended, which events it had, and how many before each saved time. */
export function courseOf({ retcode, t, events, problem: { tspan } }: OdeSolution): string {
  const direction = Math.sign(tspan[1] - tspan[0]);
  const before = Array.from(t, (time) => events.findLastIndex((event) => direction * (event.t - time) < 0));
  return `${retcode} ${events.map(({ callback }) => callback).join()} ${before.join()}`;
}
