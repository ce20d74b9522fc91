import { reshapePrimitive, stridesOf, sumPrimitive } from "../broadcast.ts";
import { contractPrimitive } from "../contract.ts";
import { isElementwise } from "../elementwise.ts";
import { addAtPrimitive } from "../lookup.ts";
import { collapse } from "../lower/collapse.ts";
import { copyPrimitive, isLookup } from "../lower/copies.ts";
import { isPlaced, placeOf } from "../lower/placements.ts";
import { isArithmetic, type Piece, type Schedule, type Step } from "../lower/schedule.ts";
import type { View } from "../lower/view.ts";
import { concatPrimitive, padPrimitive } from "../shape-ops.ts";
import { inputPrimitive, literalPrimitive, sameShape, signed, type Shape, type Tensor } from "../tensor.ts";
import type { Program } from "../trace.ts";
import type { ConstantPool } from "./constant-pool.ts";
import { emitContract } from "./emit-contract.ts";
import { emitLookup } from "./emit-lookup.ts";
import { canEmitSolve, emitSolve } from "./emit-solve.ts";
import { Expressions } from "./expressions.ts";
import { unsigned, type Address, type FunctionBuilder } from "./function-builder.ts";
import { Imports } from "./imports.ts";
import type { Layout } from "./layout.ts";
import { emitLoops, type Operand } from "./loops.ts";
import { op, simd } from "./opcodes.ts";

/** Writes the steps of one program into a function, or several one after another. Their parameters are the addresses of the inputs and outputs that move. */
export class Writer {
  readonly imports: Imports = new Imports();
  readonly pool: ConstantPool;
  readonly #schedule: Schedule;
  readonly #written: ReadonlySet<number>;
  readonly #layout: Layout;
  readonly #program: Program;
  #f: FunctionBuilder;
  readonly #call: (node: Tensor) => () => void;
  readonly #bytes: number;

  /**
   * @param written - Outputs that are written; the others are added to.
   * @param call - What runs a node that no code is written for.
   */
  constructor(plan: Schedule, written: ReadonlySet<number>, layout: Layout, program: Program, f: FunctionBuilder, pool: ConstantPool, call: (node: Tensor) => () => void) {
    this.pool = pool;
    this.#schedule = plan;
    this.#written = written;
    this.#layout = layout;
    this.#program = program;
    this.#f = f;
    this.#call = call;
    this.#bytes = f.format.bytes;
  }

  /** Goes on in another function with the same parameters. */
  continueIn(f: FunctionBuilder): void {
    this.#f = f;
  }

  step({ nodes }: Step): void {
    const [node] = nodes;
    if (isElementwise(node)) this.#loop(nodes);
    else if (node.primitive === contractPrimitive) {
      const piece = this.#schedule.direct.get(node);
      const out = piece ? this.#place(piece, node.shape) : this.#result(node);
      emitContract(this.#f, node, this.#operand(node.args[0]), this.#operand(node.args[1]), out, piece !== undefined && !this.#written.has(piece.output));
    } else if (node.primitive === sumPrimitive) this.#sum(node);
    else if (node.primitive === concatPrimitive) this.#concat(node);
    else if (node.primitive === padPrimitive) this.#pad(node);
    else if (node.primitive === copyPrimitive || node.primitive === reshapePrimitive) this.#copy(node.args[0], this.#result(node), false);
    else if (isLookup(node)) this.#lookup(node);
    else if (canEmitSolve(node)) emitSolve(this.#f, node, node.args.map((x) => this.#operand(x).at), this.#result(node).at);
    else this.#f.emit(op.call, ...unsigned(this.imports.index(`${node.primitive.name}${node.id}`, 0, this.#call(node))));
  }

  /** Moves a finished tensor into its place in an output, unless it was computed there. */
  output(piece: Piece): void {
    if (!isPlaced(this.#schedule, this.#layout.placed, piece.node, piece.output, piece.offset)) this.#copy(piece.node, this.#place(piece, piece.node.shape), !this.#written.has(piece.output));
  }

  /** Writes zeros over `size` entries of output `k`. */
  clear(k: number, offset: number, size: number): void {
    this.#fill({ at: this.#outputAt(k, offset), strides: [1] }, size);
  }

  /** Where an input, or an output counted on from the inputs, begins. */
  #placeOf(i: number): Address {
    const { inputs, outputs, moving } = this.#layout;
    return moving.includes(i) ? { local: moving.indexOf(i), bytes: 0 } : { local: null, bytes: this.#bytes * [...inputs, ...outputs][i] };
  }

  #outputAt(k: number, offset: number): Address {
    return this.#f.shift(this.#placeOf(this.#program.inputs.length + k), offset);
  }

  #place({ output, offset }: Piece, shape: Shape): Operand {
    return { at: this.#outputAt(output, offset), strides: stridesOf(shape) };
  }

  #window({ base, offset, strides }: View): Operand | null {
    if (!base) return null;
    if (base.primitive === literalPrimitive) return { at: { local: null, bytes: this.#bytes * (this.#layout.literals.get(base)! + offset) }, strides };
    if (base.primitive !== inputPrimitive) {
      const at = this.#storage(base);
      return { at: this.#f.shift(at, offset), strides };
    }
    return { at: this.#f.shift(this.#placeOf(this.#program.inputs.indexOf(base)), offset), strides };
  }

  /** Where a tensor is read from. */
  #operand(x: Tensor): Operand {
    const view = this.#schedule.views.get(x)!;
    return this.#window(view) ?? { at: { local: null, bytes: this.#bytes * this.#layout.constants.get(signed(view.value))! }, strides: view.strides };
  }

  #result(node: Tensor): Operand {
    return { at: this.#storage(node), strides: stridesOf(node.shape) };
  }

  /** Where a node stands that owns its storage: in the arena, or in an output. */
  #storage(node: Tensor): Address {
    const offset = this.#layout.offsets.get(node);
    if (offset !== undefined) return { local: null, bytes: this.#bytes * (this.#layout.arena + offset) };
    const { owner, offset: at } = placeOf(this.#layout.placed, node);
    return this.#outputAt(owner as number, at);
  }

  #loop(nodes: readonly Tensor[]): void {
    const inside = new Set(nodes);
    const outside = [...new Set(nodes.flatMap((node) => node.args.filter((x) => !inside.has(x))))];
    const loaded = outside.filter((x) => this.#schedule.views.get(x)!.base !== null);
    const stored = nodes.filter((node) => this.#schedule.stored.has(node));
    const isShort = nodes.every(isArithmetic);
    emitLoops(this.#f, nodes[0].shape, loaded.map((x) => this.#operand(x)), stored.map((node) => this.#result(node)), ({ lanes, load, store }) => {
      const code = new Expressions(this.#f, this.pool, this.imports, lanes);
      const values = new Map<Tensor, number>();
      const valueOf = (x: Tensor): number => {
        const known = values.get(x);
        if (known !== undefined) return known;
        const { base, value } = this.#schedule.views.get(x)!;
        const local = inside.has(x) ? code.node(x, x.args.map(valueOf)) : base === null ? code.constant(value) : load(loaded.indexOf(x));
        values.set(x, local);
        return local;
      };
      // Long functions of several rows run side by side where all is loaded before and stored after them. Sums and products are computed
      // one after the other, so that few of them need a register at a time.
      if (isShort) stored.forEach((x, k) => store(k, valueOf(x)));
      else {
        loaded.forEach(valueOf);
        stored.map(valueOf).forEach((local, k) => store(k, local));
      }
    });
  }

  #copy(from: Tensor, to: Operand, add: boolean): void {
    const f = this.#f;
    emitLoops(f, from.shape, [this.#operand(from), ...(add ? [to] : [])], [to], ({ load, store }) => {
      if (!add) return store(0, load(0));
      store(0, f.vector(() => {
        f.get(load(0));
        f.get(load(1));
        f.vectorOp("add");
      }));
    });
  }

  #fill(to: Operand, size: number): void {
    emitLoops(this.#f, [size], [], [to], ({ lanes, store }) => store(0, new Expressions(this.#f, this.pool, this.imports, lanes).constant(0)));
  }

  #concat(node: Tensor): void {
    const to = this.#result(node);
    const axis = node.attrs.axis as number;
    let from = 0;
    let offset = 0;
    /** The parts that are copied. */
    const parts: (readonly [from: Tensor, to: Operand])[] = [];
    for (const x of node.args) {
      if (!isPlaced(this.#schedule, this.#layout.placed, x, node, offset)) parts.push([x, { ...to, at: this.#f.shift(to.at, from * to.strides[axis]) }]);
      from += x.shape[axis];
      offset += x.size;
    }
    // Those of one shape share a loop.
    const shapes = parts.map(([{ shape }]) => shape);
    for (const shape of shapes.filter((one, i) => shapes.findIndex((other) => sameShape(one, other)) === i)) {
      const alike = parts.filter(([x]) => sameShape(x.shape, shape));
      this.#f.scope(() => emitLoops(this.#f, shape, alike.map(([x]) => this.#operand(x)), alike.map(([, part]) => part), ({ load, store }) => alike.forEach((_, k) => store(k, load(k)))));
    }
  }

  #pad(node: Tensor): void {
    const to = this.#result(node);
    const start = node.attrs.start as readonly number[];
    this.#fill({ at: to.at, strides: [1] }, node.size);
    this.#copy(node.args[0], { ...to, at: this.#f.shift(to.at, start.reduce((at, s, d) => at + s * to.strides[d], 0)) }, false);
  }

  #lookup(node: Tensor): void {
    const to = this.#result(node);
    if (node.primitive === addAtPrimitive) this.#fill({ at: to.at, strides: [1] }, node.size);
    emitLookup(this.#f, node, this.#operand(node.args[0]).at, this.#operand(node.args[1]).at, to.at);
  }

  /** Results that a batch of arrays has, too, are sums in the same order there: the axes decide on it, not the number of results. */
  #sum(node: Tensor): void {
    const [x] = node.args;
    const axes = node.attrs.axes as readonly number[];
    const kept = x.shape.map((_, d) => d).filter((d) => !axes.includes(d));
    const to = this.#result(node);
    const from = this.#operand(x);
    const alongLast = axes.includes(x.shape.findLastIndex((size) => size > 1));
    // Summed axes outermost, so that neighbouring results are added to as vectors; or innermost, one result after the other.
    const order = alongLast ? [...kept, ...axes] : [...axes, ...kept];
    const shape = order.map((d) => x.shape[d]);
    const source = { at: from.at, strides: order.map((d) => from.strides[d]) };
    const target = { at: to.at, strides: order.map((d) => (axes.includes(d) ? 0 : to.strides[kept.indexOf(d)])) };
    if (alongLast) return this.#totals(kept.length, shape, source, target);
    this.#fill({ at: to.at, strides: [1] }, node.size);
    const f = this.#f;
    emitLoops(f, shape, [source, target], [target], ({ load, store }) => store(0, f.vector(() => {
      f.get(load(0));
      f.get(load(1));
      f.vectorOp("add");
    })));
  }

  /** Sums over all but the first `kept` axes. */
  #totals(kept: number, shape: Shape, source: Operand, target: Operand): void {
    const f = this.#f;
    const inner = shape.slice(kept);
    const outer = collapse(shape.slice(0, kept), [source, target]);
    const visit = (axis: number, [from, to]: readonly Address[]): void => {
      if (axis === outer.shape.length) return this.#total(inner, { at: from, strides: source.strides.slice(kept) }, to);
      const pointers = [from, to].map((at) => f.pin(at));
      f.repeat(outer.shape[axis], () => {
        f.scope(() => visit(axis + 1, pointers.map((local) => ({ local, bytes: 0 }))));
        pointers.forEach((local, k) => f.advance(local, outer.strides[k][axis]));
      });
    };
    visit(0, [source.at, target.at]);
  }

  /** The sum of all entries, in one accumulator per lane. */
  #total(shape: Shape, source: Operand, target: Address): void {
    const f = this.#f;
    const zero = new Expressions(f, this.pool, this.imports, 1).constant(0);
    const total = f.vector(() => f.get(zero));
    emitLoops(f, shape, [source], [], ({ lanes, load }) => {
      f.get(total);
      f.get(load(0));
      if (lanes === 1) {
        // A single entry stands in all lanes: count it once.
        f.get(zero);
        f.simd(simd.shuffle, ...Array.from({ length: 16 }, (_, i) => (i < f.format.bytes ? i : 16 + i)));
      }
      f.vectorOp("add");
      f.set(total);
    });
    for (let half = 8; half >= f.format.bytes; half /= 2) {
      f.get(total);
      f.get(total);
      f.get(total);
      f.simd(simd.shuffle, ...Array.from({ length: 16 }, (_, i) => (i + half) % 16));
      f.vectorOp("add");
      f.set(total);
    }
    f.pointer(target);
    f.get(total);
    f.memory("storeLane", target, 0);
  }
}
