import { expect, test } from "vitest";
import { bs3, continuousCallback, fbdf, odeProblem, radauIIA5, rodas5P, solve, tsit5, vcabm, vern9, type Callback, type OdeProblem } from "./index.ts";

const ball = (restitution: number): OdeProblem => odeProblem((_t, u, p, du) => void ([du[0], du[1]] = [u[1], -p[0]]), [5, 0], [0, 100], [9.81, restitution]);
/** The ball rests where it is slower than `least`. */
const bounce = (least: number): Callback =>
  continuousCallback({
    condition: (_t, u) => u[0],
    direction: "falling",
    affect: ({ u, p, terminate }) => {
      if (Math.abs(u[1]) < least) terminate();
      u[1] *= -p[1];
    },
  });

test.each([tsit5(), vern9(), bs3(), vcabm(), rodas5P(), radauIIA5(), fbdf()])("$name: a ball that comes to rest ends the solve, and does not fall through the floor", (algorithm) => {
  for (const restitution of [0.2, 0.5, 0.9]) {
    const { t, u, retcode, message } = solve(ball(restitution), algorithm, { callback: bounce(0) });
    expect(retcode).toBe("eventsTooClose");
    expect(message).toContain("callback 0");
    const rest = Math.sqrt(10 / 9.81) * (1 + (2 * restitution) / (1 - restitution));
    expect(Math.abs(t.at(-1)! / rest - 1)).toBeLessThan(2e-3);
    for (const [height] of u) expect(height).toBeGreaterThan(-1e-6);
  }
});

test("an affect that ends the solve in time is the end", () => {
  expect(solve(ball(0.5), tsit5(), { callback: bounce(1e-3) }).retcode).toBe("terminated");
});

test("zeros that are passed ever faster, and bounces that do not slow down, are no such motion", () => {
  const chirp = odeProblem((t, _u, _p, du) => void (du[0] = 2 * t * Math.cos(t * t)), [0], [0, 30]);
  const passed = solve(chirp, tsit5(), { callback: continuousCallback({ condition: (_t, u) => u[0] }), reltol: 1e-9, abstol: 1e-9 });
  expect([passed.retcode, passed.events.length]).toEqual(["success", Math.floor(900 / Math.PI)]);
  const elastic = solve(ball(1), tsit5(), { callback: bounce(0) });
  expect([elastic.retcode, elastic.events.length]).toEqual(["success", Math.floor((100 / Math.sqrt(10 / 9.81) + 1) / 2)]);
});
