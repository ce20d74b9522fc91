import { reshapePrimitive, stridesOf, sumPrimitive } from "../broadcast.ts";
import type { Backend, Kernel, KernelOptions, Numbers } from "../compile.ts";
import { contractPrimitive } from "../contract.ts";
import { isElementwise, isNeg, type ElementwisePrimitive } from "../elementwise.ts";
import { concatPrimitive, padPrimitive } from "../shape-ops.ts";
import { callOf } from "../lower/call.ts";
import { copyPrimitive, isLookup } from "../lower/copies.ts";
import { lowered } from "../lower/lowered.ts";
import { planMemory } from "../lower/memory-plan.ts";
import { isPlaced, placements, placeOf, type Placement } from "../lower/placements.ts";
import { outputWriting, schedule, type Piece, type Schedule, type Step } from "../lower/schedule.ts";
import type { View } from "../lower/view.ts";
import { inputPrimitive, literalPrimitive, signed, type Tensor } from "../tensor.ts";
import type { Program } from "../trace.ts";
import { emitContract } from "./emit-contract.ts";
import { emitLookup } from "./emit-lookup.ts";
import { emitLoops, type Load, type Operand } from "./loops.ts";

/** Writes the steps of one program as JavaScript. */
class Writer {
  readonly calls: (() => void)[] = [];
  readonly arena: Float64Array;
  readonly #schedule: Schedule;
  readonly #offsets: ReadonlyMap<Tensor, number>;
  /** Results that stand in an output. */
  readonly #placed: ReadonlyMap<Tensor, Placement>;
  readonly #inputs: readonly Tensor[];
  /** Outputs that are written; the others are added to. */
  readonly #written: ReadonlySet<number>;
  readonly #options: KernelOptions;
  readonly #functions = new Map<string, (...x: number[]) => number>();
  #literals: number[] = [];
  readonly #literalAt = new Map<Tensor, number>();
  #id = 0;

  constructor(plan: Schedule, written: ReadonlySet<number>, inputs: readonly Tensor[], options: KernelOptions) {
    this.#options = options;
    this.#written = written;
    this.#placed = placements(plan, written);
    const memory = planMemory(plan, this.#placed);
    this.#schedule = plan;
    this.#offsets = memory.offsets;
    this.#inputs = inputs;
    // Code and primitives compute with the numbers that the array holds, whatever their kind.
    this.arena = options.dtype === "f32" ? (new Float32Array(memory.size) as unknown as Float64Array) : new Float64Array(memory.size);
  }

  get literals(): Float64Array {
    return Float64Array.from(this.#literals, (x) => this.#own(x));
  }

  get functions(): ReadonlyMap<string, (...x: number[]) => number> {
    return this.#functions;
  }

  step(step: Step): string {
    const [node] = step.nodes;
    const id = this.#id++;
    if (isElementwise(node)) return this.#loop(id, step.nodes);
    if (node.primitive === contractPrimitive) {
      const piece = this.#schedule.direct.get(node);
      const out = piece ? { array: `o${piece.output}`, offset: piece.offset, strides: stridesOf(node.shape) } : this.#result(node);
      return emitContract(id, node, this.#operand(node.args[0]), this.#operand(node.args[1]), out, piece !== undefined && !this.#written.has(piece.output), (value) => this.#rounded(value));
    }
    if (node.primitive === sumPrimitive) return this.#sum(id, node);
    if (node.primitive === concatPrimitive) return this.#concat(node);
    if (node.primitive === padPrimitive) return this.#pad(node);
    if (node.primitive === copyPrimitive || node.primitive === reshapePrimitive) return this.#copy(node.args[0], this.#result(node), "=");
    if (isLookup(node)) return emitLookup(id, node, this.#operand(node.args[0]), this.#operand(node.args[1]), this.#result(node), (value) => this.#rounded(value));
    return this.#call(node);
  }

  /** Moves a finished tensor into its place in an output, unless it was computed there. */
  output({ output, offset, node }: Piece): string {
    if (isPlaced(this.#schedule, this.#placed, node, output, offset)) return "";
    return this.#copy(node, { array: `o${output}`, offset, strides: stridesOf(node.shape) }, this.#written.has(output) ? "=" : "+=");
  }

  #window(view: View): Operand | null {
    const { base, offset, strides } = view;
    if (!base) return null;
    if (base.primitive === literalPrimitive) return { array: "lit", offset: offset + this.#literal(base), strides };
    if (base.primitive !== inputPrimitive) {
      const { array, offset: start } = this.#result(base);
      return { array, offset: start + offset, strides };
    }
    return { array: `i${this.#inputs.indexOf(base)}`, offset, strides };
  }

  /** Where a tensor is read from; a constant gets an array of one number. */
  #operand(x: Tensor): Operand {
    const view = this.#schedule.views.get(x)!;
    const window = this.#window(view);
    if (window) return window;
    let at = this.#literals.findIndex((known) => Object.is(known, view.value));
    if (at < 0) at = this.#literals.push(view.value) - 1;
    return { array: "lit", offset: at, strides: view.strides };
  }

  #literal(node: Tensor): number {
    if (!this.#literalAt.has(node)) {
      this.#literalAt.set(node, this.#literals.length);
      this.#literals = [...this.#literals, ...(node.attrs.data as Float64Array)];
    }
    return this.#literalAt.get(node)!;
  }

  /** Where a node stands that owns its storage: in the arena, or in an output. */
  #result(node: Tensor): Operand {
    const strides = stridesOf(node.shape);
    const at = this.#offsets.get(node);
    if (at !== undefined) return { array: "m", offset: at, strides };
    const { owner, offset } = placeOf(this.#placed, node);
    return { array: `o${owner as number}`, offset, strides };
  }

  #loop(id: number, nodes: readonly Tensor[]): string {
    const inside = new Set(nodes);
    const names = new Map<Tensor, string>();
    const decays = new Map<Tensor, string>();
    const loads: Load[] = [];
    let code = "";
    for (const node of nodes) {
      const args = node.args.map((x) => {
        if (inside.has(x)) return names.get(x)!;
        if (!names.has(x)) {
          const window = this.#window(this.#schedule.views.get(x)!);
          names.set(x, window ? `l${id}_${loads.length}` : numberText(this.#own(this.#schedule.views.get(x)!.value)));
          if (window) loads.push({ name: names.get(x)!, from: window });
        }
        return names.get(x)!;
      });
      const { sourceByDecay } = node.primitive as ElementwisePrimitive;
      if (sourceByDecay) {
        const [x] = node.args;
        const even = inside.has(x) && isNeg(x) ? x.args[0] : x;
        if (!decays.has(even)) {
          decays.set(even, `e${id}_${decays.size}`);
          code += `const ${decays.get(even)!}=Math.exp(-Math.abs(${args[0]}));`;
        }
        args.push(decays.get(even)!);
      }
      names.set(node, `v${id}_${names.size}`);
      code += `const ${names.get(node)!}=${this.#rounded(this.#expression(node, args))};`;
    }
    const stored = nodes.filter((node) => this.#schedule.stored.has(node));
    const stores = stored.map((node) => this.#result(node));
    return emitLoops(id, nodes[0].shape, loads, stores, (at) => code + stored.map((node, k) => `${stores[k].array}[${at[k]}]=${names.get(node)!};`).join(""));
  }

  /** Each result as its array would hold it: what is stored in between differs from a state alone to one in a batch. */
  #rounded(value: string): string {
    return this.#options.dtype === "f32" ? `Math.fround(${value})` : value;
  }

  /** The same for constants. */
  #own(value: number): number {
    return this.#options.dtype === "f32" ? Math.fround(value) : value;
  }

  #expression(node: Tensor, args: readonly string[]): string {
    const primitive = node.primitive as ElementwisePrimitive;
    if (primitive.sourceByDecay) return primitive.sourceByDecay(args[0], args[1]);
    if (primitive.source) return primitive.source(node.attrs, ...args);
    this.#functions.set(primitive.name, primitive.scalar(node.attrs));
    return `${primitive.name}(${args.join()})`;
  }

  #copy(from: Tensor, to: Operand, mode: "=" | "+="): string {
    const id = this.#id++;
    const window = this.#window(this.#schedule.views.get(from)!);
    const name = window ? `l${id}` : numberText(this.#own(this.#schedule.views.get(from)!.value));
    return emitLoops(id, from.shape, window ? [{ name, from: window }] : [], [to], ([at]) => `${to.array}[${at}]${mode}${name};`);
  }

  #concat(node: Tensor): string {
    const to = this.#result(node);
    const axis = node.attrs.axis as number;
    let from = 0;
    return node.args.map((x) => {
      const begin = from * to.strides[axis];
      from += x.shape[axis];
      return isPlaced(this.#schedule, this.#placed, x, node, begin) ? "" : this.#copy(x, { ...to, offset: to.offset + begin }, "=");
    }).join("");
  }

  #pad(node: Tensor): string {
    const to = this.#result(node);
    const start = node.attrs.start as readonly number[];
    const offset = start.reduce((at, s, d) => at + s * to.strides[d], to.offset);
    return `${to.array}.fill(0,${to.offset},${to.offset + node.size});${this.#copy(node.args[0], { ...to, offset }, "=")}`;
  }

  #sum(id: number, node: Tensor): string {
    const [x] = node.args;
    const axes = node.attrs.axes as readonly number[];
    const kept = x.shape.map((_, d) => d).filter((d) => !axes.includes(d));
    const from = this.#operand(x);
    const to = this.#result(node);
    const strides = x.shape.map((_, d) => (axes.includes(d) ? 0 : to.strides[kept.indexOf(d)]));
    if (kept.length === 0) {
      const sums = emitLoops(id, x.shape, [{ name: `l${id}`, from }], [], () => `s${id}=${this.#rounded(`s${id}+l${id}`)};`);
      return `{let s${id}=0;${sums}${to.array}[${to.offset}]=s${id};}`;
    }
    const sums = emitLoops(id, x.shape, [{ name: `l${id}`, from }], [{ ...to, strides }], ([at]) => `${to.array}[${at}]=${this.#rounded(`${to.array}[${at}]+l${id}`)};`);
    return `${to.array}.fill(0,${to.offset},${to.offset + node.size});${sums}`;
  }

  #call(node: Tensor): string {
    const array = (x: Tensor): Float64Array => this.arena.subarray(this.#offsets.get(x)!, this.#offsets.get(x)! + x.size);
    const args = node.args.map(array);
    const out = array(node);
    const run = callOf(node, (program, accumulate) => javascript.compile(program, { ...this.#options, accumulate }));
    return `calls[${this.calls.push(() => run(out, args)) - 1}]();`;
  }
}

const numberText = (x: number): string => (x < 0 || Object.is(x, -0) ? `(${signed(x)})` : String(x));

const functionSize = 6000;

/** Groups code into functions small enough for the optimising compiler. */
function intoFunctions(blocks: readonly string[], parameters: string): string {
  const bodies: string[] = [];
  for (const block of blocks) {
    const last = bodies.length - 1;
    if (last >= 0 && bodies[last].length + block.length < functionSize) bodies[last] += block;
    else bodies.push(block);
  }
  return `${bodies.map((body, i) => `function f${i}(${parameters}){${body}}\n`).join("")}function run(${parameters}){${bodies.map((_, i) => `f${i}(${parameters});`).join("")}}\n`;
}

/** JavaScript source of a program, and what its free names stand for. */
function generate(program: Program, options: KernelOptions): { source: string; names: string[]; values: unknown[] } {
  const { accumulate } = options;
  const plan = schedule(program);
  const { direct } = plan;
  const { written, cleared } = outputWriting(plan, program.outputs, accumulate);
  const writer = new Writer(plan, written, program.inputs, options);
  const blocks = cleared.map(({ output, offset, size }) => `o${output}.fill(0,${offset},${offset + size});`);
  for (const step of plan.steps) blocks.push(writer.step(step));
  for (const piece of plan.pieces) if (!direct.has(piece.node)) blocks.push(writer.output(piece));
  const parameters = [...program.inputs.map((_, i) => `i${i}`), ...program.outputs.map((_, k) => `o${k}`)].join();
  const unpack = [...program.inputs.map((_, i) => `ins[${i}]`), ...program.outputs.map((_, k) => `outs[${k}]`)].join();
  const source = `"use strict";\n${intoFunctions(blocks, parameters)}return function kernel(ins,outs){run(${unpack});};`;
  const functions = [...writer.functions];
  return { source, names: ["m", "lit", "calls", ...functions.map(([name]) => name)], values: [writer.arena, writer.literals, writer.calls, ...functions.map(([, f]) => f)] };
}

/** JavaScript generated for the program's exact shapes: fused elementwise loops, products in register tiles, one arena. */
export const javascript: Backend = {
  name: "js",
  compile(program, options): Kernel {
    const { source, names, values } = generate(lowered(program), options);
    const kernel = new Function(...names, source)(...values) as Kernel;
    return options.dtype === "f32" ? onSingles(kernel, program.inputs) : onDoubles(kernel, program.outputs);
  },
};

/** Rounds inputs once: copies of them within the kernel are rounded, which there are more of in a batch than alone. */
function onSingles(kernel: Kernel, inputs: readonly Tensor[]): Kernel {
  const own = inputs.map((x) => new Float32Array(x.size));
  const rounding: Kernel = (ins, outs) => {
    for (let i = 0; i < own.length; i++) if (ins[i] !== own[i]) copy(ins[i], own[i], own[i].length);
    kernel(own, outs);
  };
  return Object.assign(rounding, { inputs: own });
}

/** Results are read again from where they were put: outputs of another kind are computed in arrays of the kernel's own. */
function onDoubles(kernel: Kernel, outputs: readonly Tensor[]): Kernel {
  let own: readonly Float64Array[] | undefined;
  return (ins, outs) => {
    let doubles = true;
    for (let k = 0; k < outputs.length; k++) doubles &&= outs[k] instanceof Float64Array;
    if (doubles) return kernel(ins, outs);
    own ??= outputs.map((y) => new Float64Array(y.size));
    // Outputs may be added to.
    own.forEach((y, k) => copy(outs[k], y, y.length));
    kernel(ins, own);
    own.forEach((y, k) => copy(y, outs[k], y.length));
  };
}

function copy(from: Numbers, to: Numbers, count: number): void {
  for (let i = 0; i < count; i++) to[i] = from[i];
}
