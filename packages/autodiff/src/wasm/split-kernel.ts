import type { Numbers, SplitKernel, SplitPart } from "../compile.ts";
import type { SplitProgram } from "../split.ts";
import { recordLimit } from "../split-arrays.ts";
import { KernelMemory } from "./memory.ts";
import { moduleCode, type ModuleCode } from "./module-code.ts";
import type { NumberFormat } from "./number-format.ts";
import { makeStepKernel } from "./step-kernel.ts";

/** Both parts of a split program in one memory, with the records behind them. */
export function makeSplitKernel({ first, second, shared }: SplitProgram, accumulate: readonly boolean[], format: NumberFormat): SplitKernel {
  // The record is the last output of the first part and the first input of the second.
  const one = moduleCode(first, first.outputs.map(() => false), format, { moving: first.inputs.length + first.outputs.length - 1 });
  const places = new Map(shared.map((i, k) => [k + 1, one.layout.inputs[i]]));
  const two = moduleCode(second, accumulate, format, { start: one.layout.end, places, moving: 0 });
  const start = two.layout.end;
  const size = second.inputs[0].size;
  const memory = new KernelMemory(format, start + size);
  const [begin, step] = [format.bytes * start, format.bytes * size];
  const [runFirst, runSecond] = [one.instantiate(memory), two.instantiate(memory)];
  const byte = (place: number): number => format.bytes * place;
  return {
    first: part(one, memory, (record) => runFirst(begin + record * step)),
    second: part(two, memory, (record) => runSecond(begin + record * step)),
    reserve: (records) => records * size <= recordLimit && memory.grow(start + records * size),
    steps: (tableau) => makeStepKernel(tableau, {
      first: runFirst, second: runSecond, format, memory, n: first.inputs[1].size, begin, record: step,
      t: byte(one.layout.inputs[0]), y: byte(one.layout.inputs[1]), dy: byte(one.layout.outputs[0]), w: byte(two.layout.inputs.at(-1)!), dyBar: byte(two.layout.outputs[0]),
    }, byte(recordLimit)),
  };
}

function part({ program, layout }: ModuleCode, memory: KernelMemory, run: (record: number) => void): SplitPart {
  const [inputs, outputs]: Numbers[][] = [[], []];
  program.inputs.forEach((x, i) => i !== layout.moving && memory.open(inputs, layout.inputs[i], x.size));
  program.outputs.forEach((y, k) => layout.inputs.length + k !== layout.moving && memory.open(outputs, layout.outputs[k], y.size));
  return { inputs, outputs, run };
}
