import type { Algorithm } from "../algorithm.ts";
import { autoSwitch, type AutoSwitchOptions } from "../auto-switch.ts";
import { vern7 } from "./vern7.ts";

/** {@link autoSwitch} of `vern7` and `stiff`, with its options and errors. */
export function autoVern7(stiff: Algorithm, options: AutoSwitchOptions = {}): Algorithm {
  return autoSwitch(vern7(), stiff, options);
}
