import { FunctionBuilder } from "./function-builder.ts";
import { webAssembly } from "./host.ts";
import { moduleBytes } from "./module.ts";
import { numberFormat } from "./number-format.ts";
import { op, simd } from "./opcodes.ts";

type Bytes = Uint8Array<ArrayBuffer>;

interface NodeProcess {
  readonly versions: { readonly v8?: string };
  getBuiltinModule?(name: "node:v8"): { setFlagsFromString(flag: string): void };
}

const plain = numberFormat("f64", false);

/** The bytes of a module with one vector instruction that every engine with SIMD accepts, or that fewer do. */
function probe(operation: "abs" | "multiplyAdd"): Bytes {
  const body = new FunctionBuilder(0, plain);
  for (let i = 0; i < (operation === "abs" ? 1 : 3); i++) body.simd(simd.constant, ...new Array<number>(16).fill(0));
  body.vectorOp(operation);
  body.emit(op.drop);
  return moduleBytes([], [{ name: "probe", body }]);
}

/** Whether `use` gets through. */
function succeeds(use: () => unknown): boolean {
  try {
    use();
    return true;
  } catch {
    return false;
  }
}

let supported: boolean | undefined;

/** True where WebAssembly with 128-bit vectors can be compiled at once. A content security policy may forbid that. */
export const canUseWasm = (): boolean => (supported ??= succeeds(() => new webAssembly!.Module(probe("abs"))));

let relaxed: boolean | undefined;

/** True where the host has the fused multiply-add of relaxed SIMD. */
export const canUseRelaxedSimd = (): boolean => (relaxed ??= findRelaxedSimd());

function findRelaxedSimd(): boolean {
  const bytes = probe("multiplyAdd");
  const given = webAssembly?.validate(bytes) ?? false;
  const { versions, getBuiltinModule } = (globalThis as { readonly process?: NodeProcess }).process ?? {};
  const v8 = versions?.v8?.startsWith("11.3.") ? getBuiltinModule?.("node:v8") : undefined;
  flag = v8 && { set: (on) => v8.setFlagsFromString(`--${on ? "" : "no-"}experimental-wasm-relaxed-simd`), given };
  return succeeds(() => compileModule(bytes));
}

/**
 * The V8 of Node 20, 11.3, has relaxed SIMD complete, but behind a flag; 11.4 needs none. It reads the flag where it begins to compile a module, so that it is
 * set for that moment only, unless it was `given`: while flags differ from those of Node's code caches, Node does not use these.
 */
let flag: { set(on: boolean): void; readonly given: boolean } | undefined;

/** Chances to compile a module, as another thread may take the flag back too early: it is one for all. */
const tries = 100;

/** Compiles a module, at once. */
export function compileModule(bytes: Bytes): object {
  for (let left = flag ? tries : 1; ; left--) {
    flag?.set(true);
    try {
      return new webAssembly!.Module(bytes);
    } catch (error) {
      if (left === 1) throw error;
    } finally {
      if (!flag?.given) flag?.set(false);
    }
  }
}
