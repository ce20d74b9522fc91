import { describe, expect, test } from "vitest";
import { progressBar, type Progress, type ProgressBar } from "./progress-bar.ts";

const at = (done: number): Progress => ({ done, total: 1000, stage: 2, stages: 3, loss: 1.23e-5 });

/** A bar on a stream that records, with a clock that the test moves. */
function recorded(stream: { isTTY?: boolean; columns?: number }): { bar: ProgressBar; written: string[]; clock: { ms: number } } {
  const written: string[] = [];
  const clock = { ms: 0 };
  return { bar: progressBar({ ...stream, write: (text) => written.push(text) }, () => clock.ms), written, clock };
}

describe("progress bar", () => {
  test("a terminal shows share, stage, loss, rate and time left on one line", () => {
    const { bar, written, clock } = recorded({ isTTY: true, columns: 120 });
    bar.update(at(200));
    clock.ms = 1000;
    bar.update(at(450));
    bar.finish();
    expect(written).toEqual([
      "\r[####--------------------]  20 % stage 2/3 loss 1.2e-5\u001B[K",
      "\r[##########--------------]  45 % stage 2/3 loss 1.2e-5  250 steps/s  0:02 left\u001B[K",
      "\n",
    ]);
  });

  test("a terminal is redrawn at most ten times a second, and the last state always", () => {
    const { bar, written, clock } = recorded({ isTTY: true, columns: 120 });
    for (let k = 0; k <= 1000; k++) {
      clock.ms = k;
      bar.update(at(k));
    }
    expect(written).toHaveLength(11);
    clock.ms = 1050;
    bar.update(at(1000));
    expect(written).toHaveLength(11);
    bar.finish();
    expect(written.at(-2)).toContain("100 %");
  });

  test("a narrow terminal cuts the line, as a wrapped one cannot be redrawn", () => {
    const { bar, written } = recorded({ isTTY: true, columns: 30 });
    bar.update(at(200));
    expect(written).toEqual(["\r[####--------------------]  2\u001B[K"]);
  });

  test("a log file gets a line every 5 s and at the end, without control characters", () => {
    const { bar, written, clock } = recorded({});
    for (let k = 0; k <= 120; k++) {
      clock.ms = k * 100;
      bar.update(at(k));
    }
    bar.finish();
    expect(written.map((line) => /(\d+) %/.exec(line)?.[1])).toEqual(["0", "5", "10", "12"]);
    expect(written.filter((line) => line.includes("\r") || line.includes("\u001B"))).toEqual([]);
    expect(written.at(-1)).toContain("10 steps/s  1:28 left\n");
  });

  test("the rate follows a run that slows down", () => {
    const { bar, written, clock } = recorded({});
    let done = 0;
    for (let s = 0; s <= 60; s++) {
      clock.ms = s * 1000;
      bar.update(at((done += s < 30 ? 20 : 2)));
    }
    expect(written.at(-1)).toContain("  2.0 steps/s");
  });

  test("a bar that was never updated writes nothing", () => {
    const { bar, written } = recorded({ isTTY: true });
    bar.finish();
    expect(written).toEqual([]);
  });
});
