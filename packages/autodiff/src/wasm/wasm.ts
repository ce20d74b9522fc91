import { OdeError } from "@fluxion/ode-core";
import type { Backend, KernelOptions } from "../compile.ts";
import { canUseRelaxedSimd } from "./capabilities.ts";
import { webAssembly } from "./host.ts";
import { makeKernel } from "./kernel.ts";
import { moduleCode } from "./module-code.ts";
import { numberFormat, type NumberFormat } from "./number-format.ts";
import { makeSplitKernel } from "./split-kernel.ts";

function formatFor({ dtype, relaxedSimd }: KernelOptions): NumberFormat {
  if (!webAssembly) throw new OdeError("MISSING_CAPABILITY", 'Cannot compile with backend "wasm" as the host must have WebAssembly: it has none');
  return numberFormat(dtype, relaxedSimd && canUseRelaxedSimd());
}

/** WebAssembly with 128-bit vectors, written at run time: fused loops, products in register tiles, one memory per kernel. */
export const wasm: Backend = {
  name: "wasm",
  compile: (program, options) => makeKernel(moduleCode(program, options.accumulate, formatFor(options)), options.accumulate),
  compileSplit: (parts, options) => makeSplitKernel(parts, options.accumulate, formatFor(options)),
};
