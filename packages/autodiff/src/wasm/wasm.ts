import { OdeError } from "@fluxion/ode-core";
import type { Backend, KernelOptions } from "../compile.ts";
import { FunctionBuilder } from "./function-builder.ts";
import { webAssembly } from "./host.ts";
import { makeKernel } from "./kernel.ts";
import { moduleBytes } from "./module.ts";
import { moduleCode } from "./module-code.ts";
import { numberFormat, type NumberFormat } from "./number-format.ts";
import { op, simd } from "./opcodes.ts";
import { makeSplitKernel } from "./split-kernel.ts";

const plain = numberFormat("f64", false);

/** The bytes of a module with one vector instruction that every engine with SIMD accepts, or that fewer do. */
function probe(operation: "abs" | "multiplyAdd"): Uint8Array<ArrayBuffer> {
  const body = new FunctionBuilder(0, plain);
  for (let i = 0; i < (operation === "abs" ? 1 : 3); i++) body.simd(simd.constant, ...new Array<number>(16).fill(0));
  body.vectorOp(operation);
  body.emit(op.drop);
  return moduleBytes([], [{ name: "probe", body }]);
}

let supported: boolean | undefined;

/** True where WebAssembly with 128-bit vectors can be compiled at once. */
export function canUseWasm(): boolean {
  if (supported === undefined) {
    try {
      // Compiled, too: a content security policy may forbid that.
      supported = webAssembly?.validate(probe("abs")) === true && typeof new webAssembly.Module(probe("abs")) === "object";
    } catch {
      supported = false;
    }
  }
  return supported === true;
}

let fusedSupported: boolean | undefined;

/** True where the host has the fused multiply-add of relaxed SIMD. */
export const canUseRelaxedSimd = (): boolean => (fusedSupported ??= webAssembly?.validate(probe("multiplyAdd")) === true);

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
