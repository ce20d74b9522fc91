import { labelSizes, type Labels } from "../contract.ts";
import type { Tensor } from "../tensor.ts";

/** A loop over one letter, or several that all operands step through evenly. */
export interface Axis {
  readonly size: number;
  /** Steps in a, b and the result. */
  readonly steps: readonly [number, number, number];
}

/** Letters sorted by how they loop: in both operands and the result, only in a, only in b, summed. */
export interface ContractAxes {
  readonly batch: Axis[];
  readonly rows: Axis[];
  readonly columns: Axis[];
  readonly summed: Axis[];
}

/** The loops of a contraction, given the strides of a, b and the result: neighbouring letters are merged where they can be. */
export function axesOf(node: Tensor, operands: readonly { readonly strides: readonly number[] }[]): ContractAxes {
  const labels = node.attrs as Labels;
  const texts = [labels.a, labels.b, labels.out];
  const loops: ContractAxes = { batch: [], rows: [], columns: [], summed: [] };
  for (const [letter, size] of labelSizes(labels, node.args[0].shape, node.args[1].shape)) {
    if (size === 1) continue;
    const steps = texts.map((text, k) => (text.includes(letter) ? operands[k].strides[text.indexOf(letter)] : 0)) as [number, number, number];
    const [inA, inB, inOut] = texts.map((text) => text.includes(letter));
    loops[!inOut ? "summed" : inA && inB ? "batch" : inA ? "rows" : "columns"].push({ size, steps });
  }
  const merge = (axes: Axis[], by: number): Axis[] =>
    axes
      .sort((x, y) => y.steps[by] - x.steps[by])
      .reduce<Axis[]>((done, axis) => {
        const last = done.at(-1);
        if (last && last.steps.every((s, k) => s === axis.steps[k] * axis.size)) return [...done.slice(0, -1), { size: last.size * axis.size, steps: axis.steps }];
        return [...done, axis];
      }, []);
  return { batch: merge(loops.batch, 2), rows: merge(loops.rows, 2), columns: merge(loops.columns, 2), summed: merge(loops.summed, 0) };
}

/** No loop at all. */
export const unit: Axis = { size: 1, steps: [0, 0, 0] };

/** The loop from 0 to size in steps of `by`, `rounds` of them, then what remains. */
export const pieces = (size: number, by: number): { start: number; count: number; rounds: number }[] => {
  const rounds = Math.floor(size / by);
  const whole = rounds * by;
  return [
    ...(whole > 0 ? [{ start: 0, count: by, rounds }] : []),
    ...(size > whole ? [{ start: whole, count: size - whole, rounds: 1 }] : []),
  ];
};
