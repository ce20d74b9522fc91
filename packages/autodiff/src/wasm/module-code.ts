import { OdeError } from "@fluxion/ode-core";
import type { Numbers } from "../compile.ts";
import { callOf } from "../lower/call.ts";
import { lowered } from "../lower/lowered.ts";
import { placements } from "../lower/placements.ts";
import { outputWriting, schedule } from "../lower/schedule.ts";
import type { Tensor } from "../tensor.ts";
import type { Program } from "../trace.ts";
import { compileModule } from "./capabilities.ts";
import { ConstantPool } from "./constant-pool.ts";
import { FunctionBuilder } from "./function-builder.ts";
import { webAssembly } from "./host.ts";
import { makeKernel } from "./kernel.ts";
import { layOut, poolSize, type Layout, type Placing } from "./layout.ts";
import type { KernelMemory } from "./memory.ts";
import { moduleBytes, type Body } from "./module.ts";
import type { NumberFormat } from "./number-format.ts";
import { Writer } from "./writer.ts";

/** A program's code, not yet bound to a memory. */
export interface ModuleCode {
  readonly program: Program;
  readonly layout: Layout;
  readonly format: NumberFormat;
  /** Length of the module. */
  readonly bytes: number;
  /** The function, on a memory with room up to `layout.end`, of the addresses in bytes of what moves. */
  instantiate(memory: KernelMemory): (...moving: number[]) => void;
}

/** Engines refuse functions of some million bytes, and are slow with large ones. */
const functionBytes = 1 << 18;

/** The functions of a module: most often one. */
class FunctionParts {
  current: FunctionBuilder;
  readonly #whole: Body[] = [];
  readonly #parameters: number;
  readonly #format: NumberFormat;

  constructor(parameters: number, format: NumberFormat) {
    this.#parameters = parameters;
    this.#format = format;
    this.current = this.#begin();
  }

  #begin(): FunctionBuilder {
    return new FunctionBuilder(this.#parameters, this.#format);
  }

  /** Begins the next function where the current one is large; returns whether it did. */
  turn(): boolean {
    if (this.current.length < functionBytes) return false;
    const bytes = this.current.finish();
    this.#whole.push({ parameters: this.#parameters, finish: () => bytes });
    this.current = this.#begin();
    return true;
  }

  /** All of them, with `run` last, which calls the others, if there are others. `imports` is the number of those before them in the module. */
  finish(imports: number): { readonly name: string; readonly body: Body }[] {
    if (this.#whole.length === 0) return [{ name: "run", body: this.current }];
    const run = this.#begin();
    const parts = [...this.#whole, this.current].map((body, i) => ({ name: `part${i}`, body }));
    parts.forEach((_, i) => run.callAlike(imports + i));
    return [...parts, { name: "run", body: run }];
  }
}

function accepted(bytes: Uint8Array<ArrayBuffer>): object {
  try {
    return compileModule(bytes);
  } catch (cause) {
    throw new OdeError("MISSING_CAPABILITY", `Cannot compile with backend "wasm" as the host must accept a module of ${bytes.length} bytes: ${String(cause)}`, { cause });
  }
}

/** Writes the module of one program. `accumulate` says which outputs to add to. */
export function moduleCode(source: Program, accumulate: readonly boolean[], format: NumberFormat, placing: Placing = {}): ModuleCode {
  const program = lowered(source);
  const plan = schedule(program);
  const { written, cleared } = outputWriting(plan, program.outputs, accumulate);
  const layout = layOut(format, plan, program, placements(plan, written), placing);
  const pool = new ConstantPool(format.bytes * layout.start, poolSize);
  const parts = new FunctionParts(layout.moving.length, format);
  /** The arrays that operations without code work on. */
  const calls: { readonly node: Tensor; readonly args: Numbers[]; readonly out: Numbers[] }[] = [];
  const writer = new Writer(plan, written, layout, program, parts.current, pool, (node) => {
    const [args, out]: Numbers[][] = [[], []];
    calls.push({ node, args, out });
    const evaluate = callOf(node, (inner, sums) => makeKernel(moduleCode(inner, sums, format), sums));
    // They compute with the numbers that the arrays hold, whatever their format.
    return () => evaluate(out[0] as Float64Array, args as Float64Array[]);
  });
  for (const { output, offset, size } of cleared) writer.clear(output, offset, size);
  const write = (statements: () => void): void => {
    parts.current.scope(statements);
    if (parts.turn()) writer.continueIn(parts.current);
  };
  for (const step of plan.steps) write(() => writer.step(step));
  for (const piece of plan.pieces) if (!plan.direct.has(piece.node)) write(() => writer.output(piece));
  const bytes = moduleBytes(writer.imports.list, parts.finish(writer.imports.list.length));
  const module = accepted(bytes);
  return {
    program,
    layout,
    format,
    bytes: bytes.length,
    instantiate: (memory) => {
      pool.fill(format, memory.host.buffer);
      for (const [value, at] of layout.constants) memory.view(at, 1)[0] = Number(value);
      for (const [node, at] of layout.literals) memory.view(at, node.size).set(node.attrs.data as Float64Array);
      const open = (list: Numbers[], x: Tensor): void => memory.open(list, layout.arena + layout.offsets.get(x)!, x.size);
      for (const { node, args, out } of calls) {
        node.args.forEach((x) => open(args, x));
        open(out, node);
      }
      return (new webAssembly!.Instance(module, { env: { memory: memory.host, ...writer.imports.functions } }).exports as { run: (...moving: number[]) => void }).run;
    },
  };
}
