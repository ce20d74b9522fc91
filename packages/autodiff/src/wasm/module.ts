import { joined, unsigned, type FunctionBuilder } from "./function-builder.ts";
import { i32 } from "./opcodes.ts";

const text = (name: string): number[] => [...unsigned(name.length), ...Array.from(name, (c) => c.charCodeAt(0))];
const section = (id: number, items: readonly ArrayLike<number>[]): Uint8Array => {
  const body = joined([unsigned(items.length), ...items]);
  return joined([[id], unsigned(body.length), body]);
};

/** An imported function: the types of its parameters and of its result, if it has one. */
export interface Import {
  readonly name: string;
  readonly parameters: readonly number[];
  readonly results: readonly number[];
}

/** A function's entry in the code section, and how many parameters it has. */
export type Body = Pick<FunctionBuilder, "parameters" | "finish">;

/**
 * The bytes of a module that imports `env.memory` and functions, and exports `functions` by name, all with i32 parameters.
 * @source WebAssembly core specification 2.0, chapter 5
 */
export function moduleBytes(imports: readonly Import[], functions: readonly { readonly name: string; readonly body: Body }[]): Uint8Array<ArrayBuffer> {
  const types: string[] = [];
  const typeOf = (parameters: readonly number[], results: readonly number[]): number[] => {
    const type = [0x60, ...unsigned(parameters.length), ...parameters, ...unsigned(results.length), ...results].join();
    if (!types.includes(type)) types.push(type);
    return unsigned(types.indexOf(type));
  };
  const memory = [...text("env"), ...text("memory"), 2, 0, 1];
  const imported = imports.map(({ name, parameters, results }) => [...text("env"), ...text(name), 0, ...typeOf(parameters, results)]);
  const declared = functions.map(({ body }) => typeOf(new Array<number>(body.parameters).fill(i32), []));
  return joined([
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(1, types.map((type) => type.split(",").map(Number))),
    section(2, [memory, ...imported]),
    section(3, declared),
    section(7, functions.map(({ name }, i) => [...text(name), 0, ...unsigned(imports.length + i)])),
    section(10, functions.map(({ body }) => body.finish())),
  ]);
}
