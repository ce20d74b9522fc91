import { OdeError } from "@fluxion/ode-core";
import { expand } from "./expand.ts";
import { interpreter } from "./interpreter.ts";
import { javascript } from "./javascript/javascript.ts";
import { tensor, type NestedArray, type Shape, type Tensor } from "./tensor.ts";
import { trace, type Program } from "./trace.ts";
import { canUseWasm, wasm } from "./wasm/wasm.ts";

/** A compiled program: reads `inputs[i]` and writes (or adds to) `outputs[k]`, all row-major. Allocates nothing. */
export interface Kernel {
  (inputs: readonly Float64Array[], outputs: readonly Float64Array[]): void;
  /** Arrays in the kernel's own memory, where it has one: calls that pass these very arrays save copying. */
  readonly inputs?: readonly Float64Array[];
  /** The same for outputs; adding to them is as fast as writing. */
  readonly outputs?: readonly Float64Array[];
}

/** Turns programs into kernels: one file each. */
export interface Backend {
  readonly name: string;
  /** `accumulate[k]` tells to add to output k instead of writing it. Kernels of one program are not reentrant. */
  compile(program: Program, accumulate: readonly boolean[]): Kernel;
}

/** The backends by name. */
export const backends: { readonly wasm: Backend; readonly javascript: Backend; readonly interpreter: Backend } = { wasm, javascript, interpreter };

/** A backend's name, or `"auto"`: the fastest that the host allows. */
export type BackendName = keyof typeof backends | "auto";

/** How to compile. */
export interface CompileOptions {
  /** Default `"auto"`. */
  readonly backend?: BackendName;
  /** Outputs to add to instead of writing them. Default none. */
  readonly accumulate?: readonly boolean[];
}

let evalAllowed: boolean | undefined;

/** False on pages whose content security policy forbids generated code. */
function canGenerateCode(): boolean {
  if (evalAllowed === undefined) {
    try {
      evalAllowed = new Function("return true")() === true;
    } catch {
      evalAllowed = false;
    }
  }
  return evalAllowed;
}

/** The backend that a name stands for on this host. @throws OdeError `UNKNOWN_NAME` */
export function resolveBackend(name: BackendName = "auto"): Backend {
  if (name === "auto") return canUseWasm() ? wasm : canGenerateCode() ? javascript : interpreter;
  if (!Object.hasOwn(backends, name)) {
    throw new OdeError("UNKNOWN_NAME", `Cannot find backend "${String(name)}" as it must be one of auto, ${Object.keys(backends).join(", ")}`);
  }
  return backends[name];
}

/** Compiles an already traced program. */
export function compileProgram(program: Program, { backend = "auto", accumulate = [] }: CompileOptions = {}): Kernel {
  return resolveBackend(backend).compile(expand(program), program.outputs.map((_, k) => accumulate[k] ?? false));
}

/**
 * Traces a function of arrays of the given shapes and compiles it.
 *
 * @throws OdeError `SHAPE_MISMATCH` or `INVALID_TRACE` from the trace, `UNKNOWN_NAME` for a backend that does not exist.
 */
export function compile(f: (...args: Tensor[]) => Tensor | readonly Tensor[], shapes: readonly Shape[], options: CompileOptions = {}): Kernel {
  return compileProgram(trace((...args) => [f(...args)].flat() as Tensor[], shapes), options);
}

/** Runs a function of traced arrays once on plain numbers; returns the flat results. For tests and exploration: it compiles each time. */
export function evaluate(f: (...args: Tensor[]) => Tensor, args: readonly (NestedArray | Float64Array)[], options: CompileOptions = {}): Float64Array {
  const shapes = args.map((x) => tensor(x).shape);
  const program = trace((...xs) => [f(...xs)], shapes);
  const out = new Float64Array(program.outputs[0].size);
  const flat = args.map((x) => (x instanceof Float64Array ? x : Float64Array.from(([x] as unknown[]).flat(Infinity) as number[])));
  compileProgram(program, options)(flat, [out]);
  return out;
}
