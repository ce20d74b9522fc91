import { OdeError } from "@fluxion/ode-core";
import type { Backend } from "../compile.ts";
import { FunctionBuilder } from "./function-builder.ts";
import { webAssembly } from "./host.ts";
import { makeKernel } from "./kernel.ts";
import { moduleBytes } from "./module.ts";
import { moduleCode } from "./module-code.ts";
import { simd } from "./opcodes.ts";
import { makeSplitKernel } from "./split-kernel.ts";

/** The bytes of a module with one vector instruction that every engine with SIMD accepts. */
function probe(): Uint8Array<ArrayBuffer> {
  const body = new FunctionBuilder(0);
  body.simd(simd.constant, ...new Array<number>(16).fill(0));
  body.simd(simd.abs);
  body.emit(0x1a);
  return moduleBytes([], [{ name: "probe", body }]);
}

let supported: boolean | undefined;

/** True where WebAssembly with 128-bit vectors can be compiled at once. */
export function canUseWasm(): boolean {
  if (supported === undefined) {
    try {
      // Compiled, too: a content security policy may forbid that.
      supported = webAssembly?.validate(probe()) === true && typeof new webAssembly.Module(probe()) === "object";
    } catch {
      supported = false;
    }
  }
  return supported === true;
}

function requireHost(): void {
  if (!webAssembly) throw new OdeError("MISSING_CAPABILITY", 'Cannot compile with backend "wasm" as the host must have WebAssembly: it has none');
}

/** WebAssembly with 128-bit vectors, written at run time: fused loops, products in register tiles, one memory per kernel. */
export const wasm: Backend = {
  name: "wasm",
  compile(program, accumulate) {
    requireHost();
    return makeKernel(moduleCode(program, accumulate), accumulate);
  },
  compileSplit(parts, accumulate) {
    requireHost();
    return makeSplitKernel(parts, accumulate);
  },
};
