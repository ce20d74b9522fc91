import type { Algorithm } from "../algorithm.ts";
import { autoSwitch, type AutoSwitchOptions } from "../auto-switch.ts";
import { tsit5 } from "./tsit5.ts";

/** {@link autoSwitch} of `tsit5` and `stiff`, with its options and errors. */
export function autoTsit5(stiff: Algorithm, options: AutoSwitchOptions = {}): Algorithm {
  return autoSwitch(tsit5(), stiff, options);
}
