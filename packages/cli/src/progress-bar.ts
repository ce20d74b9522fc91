/** How far a run is. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  /** Counted from 1. */
  readonly stage: number;
  readonly stages: number;
  readonly loss: number;
}

/** The part of a text stream, such as `process.stderr`, that the bar uses. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Shows progress. */
export interface ProgressBar {
  update(progress: Progress): void;
  /** Leaves the last state on a line of its own. */
  finish(): void;
}

const barWidth = 24;
const redrawMs = 100;
const logMs = 5000;
const rateMs = 5000;

function formatLeft(seconds: number): string {
  const whole = Math.round(seconds);
  const pair = (value: number): string => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return hours > 0 ? `${hours}:${pair(minutes)}:${pair(whole % 60)}` : `${minutes}:${pair(whole % 60)}`;
}

function formatLine({ done, total, stage, stages, loss }: Progress, rate: number): string {
  const share = total > 0 ? Math.min(done / total, 1) : 1;
  const full = Math.floor(share * barWidth);
  const line = `[${"#".repeat(full)}${"-".repeat(barWidth - full)}] ${String(Math.floor(share * 100)).padStart(3)} % stage ${stage}/${stages} loss ${loss.toExponential(1)}`;
  if (!(rate > 0)) return line;
  return `${line}  ${rate >= 10 ? Math.round(rate) : rate.toPrecision(2)} steps/s  ${formatLeft(Math.max(total - done, 0) / rate)} left`;
}

/**
 * One line of progress, redrawn in place on a terminal; elsewhere, as in a log file, a new line every 5 s.
 *
 * @param now a clock in ms
 */
export function progressBar(stream: ProgressStream, now: () => number = Date.now): ProgressBar {
  const live = stream.isTTY === true;
  let last: Progress | undefined;
  let drawn: Progress | undefined;
  let drawnAt = -Infinity;
  // The rate is that of the last 5 to 10 s, as later stages of a curriculum take longer steps.
  let base = { at: 0, done: 0 };
  let nextBase = base;
  const draw = (progress: Progress, at: number): void => {
    const line = formatLine(progress, ((progress.done - base.done) / (at - base.at)) * 1000);
    // A line that wraps cannot be redrawn in place.
    stream.write(live ? `\r${line.slice(0, Math.max((stream.columns ?? 80) - 1, 1))}\u001B[K` : `${line}\n`);
    drawn = progress;
    drawnAt = at;
  };
  return {
    update(progress) {
      const at = now();
      if (last === undefined) base = nextBase = { at, done: progress.done };
      else if (at - nextBase.at >= rateMs) [base, nextBase] = [nextBase, { at, done: progress.done }];
      last = progress;
      if (at - drawnAt >= (live ? redrawMs : logMs)) draw(progress, at);
    },
    finish() {
      if (last === undefined) return;
      if (drawn !== last) draw(last, now());
      if (live) stream.write("\n");
    },
  };
}
