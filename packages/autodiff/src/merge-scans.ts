import { pack, unpack } from "./pack.ts";
import { scanShapes, type ScanAttrs } from "./scan-attrs.ts";
import { scanPrimitive } from "./scan.ts";
import { slicePrimitive } from "./shape-ops.ts";
import { constant, makeNode, sizeOf, withArgs, type Tensor } from "./tensor.ts";
import { substitute, topological, type Program } from "./trace.ts";

/** Loops with equal arguments and carries, which can be run as one. */
class Group {
  readonly #attrs: ScanAttrs;
  readonly #args: readonly Tensor[];
  /** Carries and results of all members, the latter without repetitions, and which of them are used. */
  readonly #outputs: Tensor[];
  readonly #used: boolean[];
  /** For each member: which of the outputs are its own. */
  readonly #members = new Map<Tensor, number[]>();
  /** Makes the one loop. Known once it is pruned. */
  #build: (value: (x: Tensor) => Tensor) => (Tensor | undefined)[] = () => [];
  #parts: (Tensor | undefined)[] | undefined;

  constructor(args: readonly Tensor[], attrs: ScanAttrs, carries: readonly Tensor[]) {
    this.#args = args;
    this.#attrs = attrs;
    this.#outputs = [...carries];
    this.#used = carries.map(() => false);
  }

  /** True when the loops have the same carries; `outputs` are expressions of the group's inputs. */
  fits(outputs: readonly Tensor[]): boolean {
    return outputs.slice(0, this.#attrs.carries).every((y, k) => y === this.#outputs[k]);
  }

  get inputs(): readonly Tensor[] {
    return this.#attrs.program.inputs;
  }

  join(node: Tensor, outputs: readonly Tensor[]): void {
    this.#members.set(node, outputs.map((y, k) => {
      const known = k < this.#attrs.carries ? k : this.#outputs.indexOf(y, this.#attrs.carries);
      if (known >= 0) return known;
      this.#used.push(false);
      return this.#outputs.push(y) - 1;
    }));
  }

  /** Marks what `reader` reads of a member; everything for an output of the program. */
  read(node: Tensor, reader: Tensor | null): void {
    const window = reader?.primitive === slicePrimitive ? { from: reader.attrs.start[0] as number, size: reader.size } : { from: 0, size: node.size };
    let at = 0;
    scanShapes(node.attrs as ScanAttrs).forEach((shape, k) => {
      const end = at + sizeOf(shape);
      if (at < window.from + window.size && end > window.from) this.#used[this.#members.get(node)![k]] = true;
      at = end;
    });
  }

  /** Drops outputs that nothing needs, carries that only they need, and inputs that remain unused. Returns the arguments left. */
  prune(): Tensor[] {
    const { program, constants, carries } = this.#attrs;
    const { inputs } = program;
    const kept = [...this.#used];
    let needed = new Set<Tensor>();
    for (let before = -1; needed.size !== before; ) {
      before = needed.size;
      needed = new Set(topological(this.#outputs.filter((_, k) => kept[k])));
      for (let k = 0; k < carries; k++) kept[k] ||= needed.has(inputs[constants + k]);
    }
    const isKept = (_: unknown, i: number): boolean => (i >= constants && i < constants + carries ? kept[i - constants] : needed.has(inputs[i]));
    const args = this.#args.filter(isKept);
    const count = (from: number, to: number): number => inputs.slice(from, to).filter((x, i) => isKept(x, from + i)).length;
    const attrs: ScanAttrs = {
      ...this.#attrs,
      program: { inputs: inputs.filter(isKept), outputs: this.#outputs.filter((_, k) => kept[k]) },
      constants: count(0, constants),
      carries: count(constants, constants + carries),
    };
    this.#build = (value) => {
      const parts = unpack(makeNode(scanPrimitive, args.map(value), attrs), scanShapes(attrs));
      return kept.map((flag) => (flag ? parts.shift() : undefined));
    };
    return args;
  }

  /** The result of a member, from the one loop. */
  value(node: Tensor, of: (x: Tensor) => Tensor): Tensor {
    this.#parts ??= this.#build(of);
    const shapes = scanShapes(node.attrs as ScanAttrs);
    return pack(this.#members.get(node)!.map((at, k) => this.#parts![at] ?? constant(0, shapes[k])));
  }
}

/** The group of each loop. */
function grouped(scans: readonly Tensor[]): Map<Tensor, Group> {
  const groups = new Map<string, Group[]>();
  const groupOf = new Map<Tensor, Group>();
  for (const node of scans) {
    const { program, constants, carries, length, reverse } = node.attrs as ScanAttrs;
    const key = `${node.args.map((x) => x.id).join()} ${constants} ${carries} ${length} ${reverse}`;
    const alike = groups.get(key) ?? [];
    const inputs = alike[0]?.inputs ?? program.inputs;
    const outputs = substitute(program, inputs);
    let group = alike.find((other) => other.fits(outputs));
    if (!group) {
      group = new Group(node.args, { ...(node.attrs as ScanAttrs), program: { inputs, outputs } }, outputs.slice(0, carries));
      groups.set(key, [...alike, group]);
    }
    group.join(node, outputs);
    groupOf.set(node, group);
  }
  return groupOf;
}

/**
 * Makes one loop of those that go along the same arrays with the same carries (a loop and the one that stores its carries for
 * a derivative, for instance), and leaves out what nothing reads of their results.
 */
export function mergeScans(program: Program): Program {
  const order = topological(program.outputs);
  const groupOf = grouped(order.filter((node) => node.primitive === scanPrimitive));
  if (groupOf.size === 0) return program;
  const firstOf = new Map([...groupOf].reverse().map(([node, group]) => [group, node]));
  const live = new Set<Tensor>();
  const use = (x: Tensor, reader: Tensor | null): void => {
    live.add(x);
    groupOf.get(x)?.read(x, reader);
  };
  for (const y of program.outputs) use(y, null);
  for (const node of order.toReversed()) {
    const group = groupOf.get(node);
    if (!group && live.has(node)) for (const x of node.args) use(x, node);
    // All readers of all members come later than the first of them.
    if (group && firstOf.get(group) === node) for (const x of group.prune()) use(x, null);
  }
  const value = new Map<Tensor, Tensor>(program.inputs.map((x) => [x, x]));
  const of = (x: Tensor): Tensor => value.get(x)!;
  for (const node of order) {
    if (!live.has(node) || value.has(node)) continue;
    value.set(node, groupOf.get(node)?.value(node, of) ?? withArgs(node, node.args.map(of)));
  }
  return { inputs: program.inputs, outputs: program.outputs.map(of) };
}
