import type { Numbers, SplitKernel, SplitPart } from "../compile.ts";
import { lazy } from "../lazy.ts";
import { deferProducts } from "../lower/defer-products.ts";
import { recordLimit, type SplitProgram } from "../split.ts";
import type { Tensor } from "../tensor.ts";
import { KernelMemory } from "./memory.ts";
import { moduleCode, type ModuleCode } from "./module-code.ts";
import type { NumberFormat } from "./number-format.ts";
import { makeStepKernel, type Reverse } from "./step-kernel.ts";

/** For the second part, and the records of some hundred evaluations of a small network. */
const spareBytes = 2 ** 22;

/** Both parts of a split program in one memory, with the records behind all that code takes for good. */
export function makeSplitKernel({ first, second, shared }: SplitProgram, accumulate: readonly boolean[], format: NumberFormat): SplitKernel {
  // The record is the last output of the first part and the first input of the second.
  const code = moduleCode(first, first.outputs.map(() => false), format, { moving: [first.inputs.length + first.outputs.length - 1] });
  const memory = new KernelMemory(format, code.layout.end, spareBytes);
  const runFirst = code.instantiate(memory);
  const record = second.inputs[0].size;
  const inputs = second.inputs.slice(1).map((x, k) => (k < shared.length ? code.layout.inputs[shared[k]] : memory.take(x.size)));
  const outputs = second.outputs.map((y) => memory.take(y.size));
  const places = new Map([...inputs, ...outputs].map((at, i) => [i + 1, at]));
  const placed = (made: ModuleCode): ((...moving: number[]) => void) => {
    memory.take(made.layout.end - memory.end);
    return made.instantiate(memory);
  };
  const alone = lazy(() => placed(moduleCode(second, accumulate, format, { start: memory.end, places, moving: [0] })));
  const inSteps = lazy((): Reverse => {
    const output = accumulate.findIndex((yes, k) => yes && second.outputs[k].shape.length === 1);
    const products = output < 0 ? null : deferProducts(second, output);
    if (!products) return { run: alone(), factors: [] };
    const { program, spacings, sum } = products;
    const factors = program.outputs.slice(outputs.length);
    const moving = [0, ...factors.map((_, k) => program.inputs.length + outputs.length + k)];
    return {
      run: placed(moduleCode(program, [...accumulate, ...factors.map(() => false)], format, { start: memory.end, places, moving })),
      factors: spacings,
      sum: (rounds, at) => placed(moduleCode(sum(rounds), [true], format, { start: memory.end, places: new Map([...at, outputs[output]].map((place, i) => [i, place])) })),
    };
  });
  const address = (i: number): number => format.bytes * (memory.end + i * record);
  return {
    first: part(memory, first.inputs, code.layout.inputs, first.outputs.slice(0, -1), code.layout.outputs, (i) => runFirst(address(i))),
    second: part(memory, second.inputs.slice(1), inputs, second.outputs, outputs, (i) => alone()(address(i))),
    reserve: (records) => {
      // The code of both parts must have its numbers before there are records behind them.
      alone();
      return records * record <= recordLimit && memory.grow(memory.end + records * record);
    },
    steps: (tableau) => makeStepKernel(tableau, { first: runFirst, second: inSteps(), memory, format, record, n: first.inputs[1].size, t: code.layout.inputs[0], y: code.layout.inputs[1], dy: code.layout.outputs[0], w: inputs.at(-1)!, dyBar: outputs[0] }, recordLimit),
  };
}

function part(memory: KernelMemory, inputs: readonly Tensor[], inputPlaces: readonly number[], outputs: readonly Tensor[], outputPlaces: readonly number[], run: (record: number) => void): SplitPart {
  const [ins, outs]: Numbers[][] = [[], []];
  inputs.forEach((x, i) => memory.open(ins, inputPlaces[i], x.size));
  outputs.forEach((y, k) => memory.open(outs, outputPlaces[k], y.size));
  return { inputs: ins, outputs: outs, run };
}
