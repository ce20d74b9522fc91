import type { Kernel, Numbers } from "../compile.ts";
import { KernelMemory } from "./memory.ts";
import type { ModuleCode } from "./module-code.ts";

/** The kernel of a module's function: moves arrays that are not in the kernel's own memory in and out of it. */
export function makeKernel(code: ModuleCode, accumulate: readonly boolean[]): Kernel {
  const { program, layout, format } = code;
  const memory = new KernelMemory(format, layout.end);
  const run = code.instantiate(memory);
  const [inputs, outputs]: Numbers[][] = [[], []];
  program.inputs.forEach((x, i) => memory.open(inputs, layout.inputs[i], x.size));
  program.outputs.forEach((y, k) => memory.open(outputs, layout.outputs[k], y.size));
  /** Sums of the kernel's own while others take their place. */
  const kept: Numbers[] = [];
  const kernel = (ins: readonly Numbers[], outs: readonly Numbers[]): void => {
    for (let i = 0; i < inputs.length; i++) if (ins[i] !== inputs[i]) copy(ins[i], inputs[i]);
    for (let k = 0; k < outputs.length; k++) {
      if (!accumulate[k] || outs[k] === outputs[k]) continue;
      copy(outputs[k], (kept[k] ??= outputs[k].slice()));
      outputs[k].fill(0);
    }
    run();
    for (let k = 0; k < outputs.length; k++) {
      if (outs[k] === outputs[k]) continue;
      if (!accumulate[k]) copy(outputs[k], outs[k]);
      else {
        // Numbers of another kind are not rounded on the way.
        for (let i = 0; i < outputs[k].length; i++) outs[k][i] += outputs[k][i];
        copy(kept[k], outputs[k]);
      }
    }
  };
  return Object.assign(kernel, { inputs, outputs });
}

/** `set` has a fixed cost that dominates for a few numbers. */
function copy(from: Numbers, to: Numbers): void {
  const n = Math.min(from.length, to.length);
  if (n > 32) to.set(n < from.length ? from.subarray(0, n) : from);
  else for (let i = 0; i < n; i++) to[i] = from[i];
}
