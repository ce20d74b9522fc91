import { joined, unsigned, type FunctionBuilder } from "./function-builder.ts";
import { f64, i32 } from "./opcodes.ts";

const text = (name: string): number[] => [...unsigned(name.length), ...Array.from(name, (c) => c.charCodeAt(0))];
const section = (id: number, items: readonly ArrayLike<number>[]): Uint8Array => {
  const body = joined([unsigned(items.length), ...items]);
  return joined([[id], unsigned(body.length), body]);
};

/** An imported JavaScript function: of `arity` numbers with a number as result, or of nothing with none. */
export interface Import {
  readonly name: string;
  readonly arity: number;
}

/**
 * The bytes of a module that imports `env.memory` and functions, and exports `functions` by name, all with i32 parameters.
 * @source WebAssembly core specification 2.0, chapter 5
 */
export function moduleBytes(imports: readonly Import[], functions: readonly { readonly name: string; readonly body: FunctionBuilder }[]): Uint8Array<ArrayBuffer> {
  const arities = [...new Set(imports.map(({ arity }) => arity))];
  const counts = [...new Set(functions.map(({ body }) => body.parameters))];
  const types = [
    ...arities.map((n) => [0x60, ...unsigned(n), ...new Array<number>(n).fill(f64), ...(n > 0 ? [1, f64] : [0])]),
    ...counts.map((n) => [0x60, ...unsigned(n), ...new Array<number>(n).fill(i32), 0]),
  ];
  const memory = [...text("env"), ...text("memory"), 2, 0, 1];
  const imported = imports.map(({ name, arity }) => [...text("env"), ...text(name), 0, ...unsigned(arities.indexOf(arity))]);
  return joined([
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(1, types),
    section(2, [memory, ...imported]),
    section(3, functions.map(({ body }) => unsigned(arities.length + counts.indexOf(body.parameters)))),
    section(7, functions.map(({ name }, i) => [...text(name), 0, ...unsigned(imports.length + i)])),
    section(10, functions.map(({ body }) => body.finish())),
  ]);
}
