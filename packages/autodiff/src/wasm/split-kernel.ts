import type { Numbers, SplitKernel, SplitPart } from "../compile.ts";
import type { SplitProgram } from "../split.ts";
import { recordLimit } from "../split-arrays.ts";
import { caller } from "./kernel.ts";
import { KernelMemory } from "./memory.ts";
import { moduleCode, type ModuleCode } from "./module-code.ts";
import type { NumberFormat } from "./number-format.ts";

/** Both parts of a split program in one memory, with the records behind them. */
export function makeSplitKernel({ first, second, shared }: SplitProgram, accumulate: readonly boolean[], format: NumberFormat): SplitKernel {
  const one = moduleCode(first, first.outputs.map(() => false), format);
  // Input 0 of the second part is the record; it moves, so that its first place does for now.
  const places = new Map([[0, 0], ...shared.map((i, k) => [k + 1, one.layout.inputs[i]] as const)]);
  const two = moduleCode(second, accumulate, format, one.layout.end, places);
  const start = two.layout.end;
  const size = second.inputs[0].size;
  const memory = new KernelMemory(format, start + size);
  const place = (record: number): number => format.bytes * (start + record * size);
  return {
    first: part(one, memory, place, one.layout.inputs.length + one.layout.outputs.length - 1),
    second: part(two, memory, place, 0),
    reserve: (records) => records * size <= recordLimit && memory.grow(start + records * size),
  };
}

/** @param moving - Which address is that of the record. */
function part(code: ModuleCode, memory: KernelMemory, place: (record: number) => number, moving: number): SplitPart {
  const { program, layout, format } = code;
  const run = code.instantiate(memory);
  const [inputs, outputs]: Numbers[][] = [[], []];
  program.inputs.forEach((x, i) => i !== moving && memory.open(inputs, layout.inputs[i], x.size));
  program.outputs.forEach((y, k) => layout.inputs.length + k !== moving && memory.open(outputs, layout.outputs[k], y.size));
  const addresses = [...layout.inputs, ...layout.outputs].map((at) => format.bytes * at);
  const call = caller(run, addresses.length);
  return {
    inputs,
    outputs,
    run: (record) => {
      addresses[moving] = place(record);
      call(addresses);
    },
  };
}
