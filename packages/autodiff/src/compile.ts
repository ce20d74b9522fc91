import { assertKnown, OdeError, shown, type ButcherTableau } from "@fluxion/ode-core";
import { expand } from "./expand.ts";
import { interpreter } from "./interpreter.ts";
import { javascript } from "./javascript/javascript.ts";
import { split, type SplitOptions, type SplitProgram } from "./split.ts";
import { splitArrays } from "./split-arrays.ts";
import { inputPrimitive, numbersOf, type NestedArray, type Shape, type Tensor } from "./tensor.ts";
import { topological, trace, type Program } from "./trace.ts";
import { canUseWasm } from "./wasm/capabilities.ts";
import { wasm } from "./wasm/wasm.ts";

/**
 * The kind of numbers that a kernel computes with: float64, or float32 with a relative error of about 1e-6, which takes half the time with
 * networks of 128 hidden units and four fifths with those of 10. The time is one of its numbers: at t = 1e6 it is rounded to sixteenths, so that
 * time should begin near 0 where the right-hand side depends on it.
 */
export type Dtype = "f64" | "f32";

/** Numbers of either kind; kernels take both and convert what is not their own. */
export type Numbers = Float64Array | Float32Array;

/**
 * A compiled program: reads `inputs[i]` and writes (or adds to) `outputs[k]`, all row-major. Allocates nothing. Arrays may be
 * longer than the shape; outputs must share no memory with inputs or with one another, as they may be written before all is read.
 */
export interface Kernel {
  (inputs: readonly Numbers[], outputs: readonly Numbers[]): void;
  /** Arrays in the kernel's own memory, where it has one: calls that pass these very arrays save copying. */
  readonly inputs?: readonly Numbers[];
  /** The same for outputs; adding to them is as fast as writing. */
  readonly outputs?: readonly Numbers[];
}

/** What backends are told besides the program. */
export interface KernelOptions {
  /** `accumulate[k]` tells to add to output k instead of writing it. */
  readonly accumulate: readonly boolean[];
  readonly dtype: Dtype;
  /** Whether instructions may be used whose last bits depend on the machine. */
  readonly relaxedSimd: boolean;
}

/** One part of a program that was split, with arrays of its own to fill and to read. They are replaced when records are reserved. */
export interface SplitPart {
  /** One per input of the part but the record. */
  readonly inputs: readonly Numbers[];
  readonly outputs: readonly Numbers[];
  /** Writes or reads record `record`, from 0. Allocates nothing. */
  run(record: number): void;
}

/** A compiled {@link SplitProgram}: its first part writes records, its second part reads them any time later. */
export interface SplitKernel {
  readonly first: SplitPart;
  readonly second: SplitPart;
  /** Makes room for so many records. Returns false when there is none. */
  reserve(records: number): boolean;
  /**
   * Where the parts are those of a right-hand side, `t, y[n], ... -> dy[n], record` and `..., w[n] -> record's dy' w[n], ...`: code for whole
   * steps of a method. Absent where the backend has none. Its records and those of evaluations share their memory.
   */
  steps?(tableau: ButcherTableau): StepKernel;
}

/** Steps of an explicit Runge-Kutta method, each with the records of all its evaluations. */
export interface StepKernel {
  /** Evaluations per step: stages that nothing depends on are left out. */
  readonly stages: number;
  /** To fill and to read, replaced when records are reserved: `[t, h]`, the states before and after a step, and the gradient. */
  readonly arrays: readonly [time: Float64Array, u: Float64Array, next: Float64Array, lambda: Float64Array];
  /** Makes room for so many steps. Returns false when there is none. */
  reserve(steps: number): boolean;
  /** `next` from `time` and `u`, keeping record `step`. */
  forward(step: number): void;
  /** Turns `lambda` by the end of the step into that by its start; needs `h`. The second part's other outputs add up. */
  reverse(step: number): void;
}

/** Turns programs into kernels: one file each. */
export interface Backend {
  readonly name: string;
  /** Kernels of one program are not reentrant. */
  compile(program: Program, options: KernelOptions): Kernel;
  /** Both parts of a split program, `accumulate` for the outputs of the second. Default: one array per record. */
  compileSplit?(parts: SplitProgram, options: KernelOptions): SplitKernel;
}

/** The backends by name. */
export const backends: { readonly wasm: Backend; readonly js: Backend; readonly interpreter: Backend } = { wasm, js: javascript, interpreter };

/** A backend's name, or `"auto"`: the fastest that the host allows. */
export type BackendName = keyof typeof backends | "auto";

/** How to compile for speed and precision. */
export interface TargetOptions {
  /** `"wasm"`, `"js"`, `"interpreter"` or `"auto"`, the fastest of them that the host allows. Default `"auto"`. */
  readonly backend?: BackendName | undefined;
  /** Precision of the kernel's numbers: `"f64"` or `"f32"`. Default `"f64"`. */
  readonly dtype?: Dtype | undefined;
  /**
   * `"auto"` adds products without rounding in between where the host can: faster, and the last bits of results may then
   * differ from machine to machine. `false` forbids it. Default `"auto"`. In Node 20 a flag of V8 is set while a kernel is compiled.
   */
  readonly relaxedSimd?: "auto" | false | undefined;
}

/** The names of {@link TargetOptions}. */
export const targetNames: readonly (keyof TargetOptions)[] = ["backend", "dtype", "relaxedSimd"];

/** How to compile. */
export interface CompileOptions extends TargetOptions {
  /** `accumulate[k]` tells to add to output k instead of writing it. Default none. */
  readonly accumulate?: readonly boolean[] | undefined;
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
    throw new OdeError("UNKNOWN_NAME", `Cannot find backend ${shown(name)} as it must be one of auto, ${Object.keys(backends).join(", ")}`);
  }
  return backends[name];
}

/** Throws what compiling with these options would throw for any program: `UNKNOWN_NAME`, `INVALID_OPTION`. */
export function checkTarget(target: TargetOptions): void {
  resolveBackend(target.backend);
  kernelOptions([], target);
}

/** Complete options for outputs of which `accumulate` may not list all. @throws OdeError `INVALID_OPTION` */
function kernelOptions(outputs: readonly Tensor[], { accumulate = [], dtype = "f64", relaxedSimd = "auto" }: CompileOptions): KernelOptions {
  if (dtype !== "f64" && dtype !== "f32") throw new OdeError("INVALID_OPTION", `Cannot compile as dtype must be "f64" or "f32": current value is ${shown(dtype)}`);
  if (relaxedSimd !== "auto" && relaxedSimd !== false) throw new OdeError("INVALID_OPTION", `Cannot compile as relaxedSimd must be "auto" or false: current value is ${shown(relaxedSimd)}`);
  return { accumulate: outputs.map((_, k) => accumulate[k] ?? false), dtype, relaxedSimd: relaxedSimd === "auto" };
}

/** Runs `compileOn` with the backend wanted; where `"auto"` is, with generated JavaScript when WebAssembly has no room for a program. */
function onBackend<T>(name: BackendName | undefined, compileOn: (backend: Backend) => T): T {
  const backend = resolveBackend(name);
  try {
    return compileOn(backend);
  } catch (error) {
    const isFull = backend === wasm && (name ?? "auto") === "auto" && error instanceof OdeError && error.code === "MISSING_CAPABILITY";
    if (isFull && canGenerateCode()) return compileOn(javascript);
    throw error;
  }
}

/** The program, which backends may then take to be whole. @throws OdeError `INVALID_TRACE` */
function checkUnknowns(program: Program): Program {
  const stray = topological(program.outputs).find((node) => node.primitive === inputPrimitive && !program.inputs.includes(node));
  if (stray) throw new OdeError("INVALID_TRACE", `Cannot compile the program as all its unknowns must be its inputs: "${stray.attrs.name}" is not (was a traced array kept from another trace?)`);
  return program;
}

/** Compiles an already traced program. */
export function compileProgram(program: Program, options: CompileOptions = {}): Kernel {
  const [expanded, complete] = [checkUnknowns(expand(program)), kernelOptions(program.outputs, options)];
  return onBackend(options.backend, (backend) => backend.compile(expanded, complete));
}

/** Compiles a program in two parts, `accumulate` for the outputs of the second. */
export function compileSplit(program: Program, options: SplitOptions & CompileOptions): SplitKernel {
  const parts = split(program, options);
  for (const part of [parts.first, parts.second]) checkUnknowns(part);
  const complete = kernelOptions(parts.second.outputs, options);
  return onBackend(options.backend, (backend) => backend.compileSplit?.(parts, complete) ?? splitArrays(backend, parts, complete));
}

/**
 * Traces a function of arrays of the given shapes and compiles it. Calls of the kernel throw `SHAPE_MISMATCH` when an array is
 * missing or too short.
 *
 * @throws OdeError `SHAPE_MISMATCH` or `INVALID_TRACE` from the trace, `UNKNOWN_NAME` for a backend that does not exist, `INVALID_OPTION` for another wrong option.
 */
export function compile(f: (...args: Tensor[]) => Tensor | readonly Tensor[], shapes: readonly Shape[], options: CompileOptions = {}): Kernel {
  assertKnown("compile", options, ["accumulate", ...targetNames]);
  const program = trace((...args) => [f(...args)].flat() as Tensor[], shapes);
  const kernel = compileProgram(program, options);
  const checked = (ins: readonly Numbers[], outs: readonly Numbers[]): void => {
    assertRoom("input", ins, program.inputs);
    assertRoom("output", outs, program.outputs);
    assertPlaces("input", ins, kernel.inputs);
    assertPlaces("output", outs, kernel.outputs);
    kernel(ins, outs);
  };
  return Object.assign(checked, kernel);
}

function assertRoom(role: "input" | "output", arrays: readonly Numbers[], of: readonly Tensor[]): void {
  for (let i = 0; i < of.length; i++) {
    const length = arrays[i]?.length ?? 0;
    if (length < of[i].size) throw new OdeError("SHAPE_MISMATCH", `Cannot run the kernel as ${role} ${i} must have ${of[i].size} numbers: current length is ${length}`);
  }
}

/** The kernel's own inputs stand for themselves only, and so do its outputs: in the place of another one they would be written over before they are read. */
function assertPlaces(role: "input" | "output", arrays: readonly Numbers[], places: readonly Numbers[] | undefined): void {
  if (!places) return;
  for (let i = 0; i < arrays.length; i++) {
    if (arrays[i] !== places[i] && overlapsOther(arrays[i], places, i)) {
      throw new OdeError("INVALID_ARGUMENT", `Cannot run the kernel as an array of its own must stand in its own place only: ${role} ${i} is that of another place, or a view of it (copy it)`);
    }
  }
}

function overlapsOther(array: Numbers, places: readonly Numbers[], own: number): boolean {
  for (let i = 0; i < places.length; i++) {
    const place = places[i];
    if (i !== own && array.buffer === place.buffer && array.byteOffset < place.byteOffset + place.byteLength && place.byteOffset < array.byteOffset + array.byteLength) return true;
  }
  return false;
}

/**
 * Runs a function of traced arrays once on plain numbers; returns the flat results. For tests and exploration: it compiles each time.
 *
 * @throws OdeError `INVALID_ARGUMENT` when `args` is no list, and as {@link tensor} and {@link compile} do.
 */
export function evaluate(f: (...args: Tensor[]) => Tensor, args: readonly (NestedArray | Float64Array)[], options: CompileOptions = {}): Float64Array {
  assertKnown("evaluate", options, ["accumulate", ...targetNames]);
  if (!Array.isArray(args)) throw new OdeError("INVALID_ARGUMENT", `Cannot evaluate as the arguments must be a list, one entry for each: current value is ${shown(args)}`);
  const given = args.map(numbersOf);
  const program = trace((...xs) => [f(...xs)], given.map(({ shape }) => shape));
  const out = new Float64Array(program.outputs[0].size);
  compileProgram(program, options)(given.map(({ data }) => data), [out]);
  return out;
}
