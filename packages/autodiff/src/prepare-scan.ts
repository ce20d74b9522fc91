import { elementwise, neg } from "./elementwise.ts";
import { move, packedKernel } from "./lower/packed-kernel.ts";
import { scanParts, type ScanAttrs } from "./scan-attrs.ts";
import type { CompileInner, MaybeZero, Tensor } from "./tensor.ts";
import { topological } from "./trace.ts";

/**
 * For a carry that each step only adds to: what it adds. Such a carry, the gradient by the weights of a network for instance,
 * need not move between the steps.
 */
function increments({ program, constants, carries }: ScanAttrs): MaybeZero[] {
  const readers = new Map<Tensor, number>();
  for (const x of [...program.outputs, ...topological(program.outputs).flatMap((node) => node.args)]) readers.set(x, (readers.get(x) ?? 0) + 1);
  return program.outputs.slice(0, carries).map((y, k) => {
    const carry = program.inputs[constants + k];
    if (readers.get(carry) !== 1 || readers.get(y) !== 1 || !y.args.includes(carry)) return null;
    const [a, b] = y.args;
    if (y.primitive === elementwise.add) return a === carry ? b : a;
    return y.primitive === elementwise.sub && a === carry ? neg(b) : null;
  });
}

/** Runs the loop with one compiled program per step. Its arrays are the loop's own; calls allocate nothing. */
export function prepareScan(node: Tensor, compile: CompileInner): (out: Float64Array, args: readonly Float64Array[]) => void {
  const attrs = node.attrs as ScanAttrs;
  const { program, constants, carries, length, reverse } = attrs;
  const added = increments(attrs);
  const moving = (_: unknown, k: number): boolean => k >= carries || added[k] === null;
  const [own, start, entries] = scanParts(attrs, program.inputs);
  const body = { inputs: [...own, ...start.filter(moving), ...entries], outputs: program.outputs.filter(moving) };
  const { input, output, sums, run } = packedKernel(body, added.filter((x) => x !== null), compile);
  const sizes = program.inputs.map((x) => x.size);
  const resultSizes = program.outputs.slice(carries).map((y) => y.size);
  const ownSize = own.reduce((n, x) => n + x.size, 0);
  const carrySize = start.filter(moving).reduce((n, x) => n + x.size, 0);

  const begin = (args: readonly Float64Array[]): void => {
    let at = 0;
    let sumAt = 0;
    for (let i = 0; i < constants + carries; i++) {
      if (i >= constants && added[i - constants]) {
        move(sums, sumAt, args[i], 0, sizes[i]);
        sumAt += sizes[i];
      } else {
        move(input, at, args[i], 0, sizes[i]);
        at += sizes[i];
      }
    }
  };
  const finish = (out: Float64Array): void => {
    let at = 0;
    let from = ownSize;
    let sumAt = 0;
    for (let k = 0; k < carries; k++) {
      const size = sizes[constants + k];
      if (added[k]) {
        move(out, at, sums, sumAt, size);
        sumAt += size;
      } else {
        move(out, at, input, from, size);
        from += size;
      }
      at += size;
    }
  };
  const step = (t: number, out: Float64Array, args: readonly Float64Array[], resultsAt: number): void => {
    let at = ownSize + carrySize;
    for (let i = constants + carries; i < sizes.length; i++) {
      move(input, at, args[i], t * sizes[i], sizes[i]);
      at += sizes[i];
    }
    run();
    move(input, ownSize, output, 0, carrySize);
    let from = carrySize;
    let to = resultsAt;
    for (const size of resultSizes) {
      move(out, to + t * size, output, from, size);
      from += size;
      to += length * size;
    }
  };
  const resultsAt = start.reduce((n, x) => n + x.size, 0);
  return (out, args) => {
    begin(args);
    for (let s = 0; s < length; s++) step(reverse ? length - 1 - s : s, out, args, resultsAt);
    finish(out);
  };
}
