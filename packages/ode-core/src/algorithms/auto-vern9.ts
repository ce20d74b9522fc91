import type { Algorithm } from "../algorithm.ts";
import { autoSwitch, type AutoSwitchOptions } from "../auto-switch.ts";
import { vern9 } from "./vern9.ts";

/** {@link autoSwitch} of `vern9` and `stiff`, with its options and errors. */
export function autoVern9(stiff: Algorithm, options: AutoSwitchOptions = {}): Algorithm {
  return autoSwitch(vern9(), stiff, options);
}
