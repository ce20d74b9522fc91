import type { Import } from "./module.ts";
import { f64 } from "./opcodes.ts";

/** JavaScript functions that generated code calls. */
export class Imports {
  readonly list: Import[] = [];
  readonly functions: Record<string, (...x: number[]) => unknown> = {};

  /** The index of a function in the module; the same name is imported once. */
  index(name: string, arity: number, f: (...x: number[]) => unknown): number {
    if (!Object.hasOwn(this.functions, name)) {
      this.functions[name] = f;
      this.list.push({ name, parameters: new Array<number>(arity).fill(f64), results: arity > 0 ? [f64] : [] });
    }
    return this.list.findIndex((x) => x.name === name);
  }
}
