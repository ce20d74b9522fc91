import { OdeError } from "@fluxion/ode-core";
import { sumAxes } from "./broadcast.ts";
import { pushforward } from "./jvp.ts";
import { inputPrimitive, makeNode, sameShape, type MaybeZero, type Primitive, type Tensor } from "./tensor.ts";
import { substitute, topological, trace, type Program } from "./trace.ts";
import { batchProgram } from "./vmap.ts";

/** A function with its own reverse rule, both of traced arrays. */
export interface CustomRule {
  /** The function; it uses nothing but its arguments and constants. */
  forward(...args: Tensor[]): Tensor;
  /** Cotangent of each argument for the result's cotangent; `null` is zero. It uses nothing but what it is given and constants. */
  backward(g: Tensor, args: readonly Tensor[], out: Tensor): readonly MaybeZero[];
}

interface CustomAttrs {
  readonly id: number;
  readonly program: Program;
  readonly backward: CustomRule["backward"];
}

/** A call of a function with its own reverse rule. Expanded before code is generated. */
const customPrimitive: Primitive<CustomAttrs> = {
  name: "custom",
  key: ({ id }) => String(id),
  shape: (_args, { program }) => program.outputs[0].shape,
  jvp: (tangents, node) => {
    const { program } = node.attrs as CustomAttrs;
    const [dy] = pushforward(program, tangents);
    return dy && substitute({ inputs: program.inputs, outputs: [dy] }, node.args)[0];
  },
  vjp: (g, node) => {
    const pulled = (node.attrs as CustomAttrs).backward(g, node.args, node);
    assertFit(pulled, node.args);
    assertUses("backward", pulled.filter((x) => x !== null), [g, ...node.args, node]);
    return pulled;
  },
  batch: (args, batched, size, { program, backward }) => {
    const shapes = args.map((x, i) => (batched[i] ? x.shape.slice(1) : x.shape));
    const batchedRule: CustomRule = {
      forward: (...xs) => batchProgram(program, xs, batched, size)[0],
      backward: (g, xs, out) => {
        let present: readonly MaybeZero[] = [];
        const single = trace((g1, out1, ...x1) => {
          present = backward(g1, x1, out1);
          return present.filter((x) => x !== null);
        }, [g.shape.slice(1), out.shape.slice(1), ...shapes]);
        const parts = batchProgram(single, [g, out, ...xs], [true, true, ...batched], size);
        return present.map((x, i) => {
          if (!x) return null;
          const part = parts.shift()!;
          return batched[i] ? part : sumAxes(part, [0]);
        });
      },
    };
    return customVjp(batchedRule, args);
  },
  expand: (args, { program }) => substitute(program, args)[0],
  evaluate: () => {
    throw new Error("custom nodes are expanded before they are evaluated");
  },
};

/** Throws where there is not one cotangent of the right shape, or `null`, for each argument. */
function assertFit(pulled: readonly MaybeZero[], args: readonly Tensor[]): void {
  const fits = pulled.length === args.length && pulled.every((x, i) => x === null || sameShape(x.shape, args[i].shape));
  if (fits) return;
  const list = (values: readonly MaybeZero[]): string => values.map((x) => (x ? `[${x.shape.join(", ")}]` : "null")).join(", ");
  throw new OdeError("SHAPE_MISMATCH", `Cannot differentiate customVjp as backward must return null or a cotangent of its shape for each argument, ${list(args)}: it returns ${list(pulled)}`);
}

/** Throws when a rule's results use unknowns that nothing of what it was given depends on: derivatives by them would be lost. */
function assertUses(part: keyof CustomRule, results: readonly Tensor[], given: readonly Tensor[]): void {
  const unknowns = topological(results, new Set(given)).filter((x) => x.primitive === inputPrimitive && !given.includes(x));
  if (unknowns.length === 0) return;
  const known = new Set(topological(given));
  const foreign = unknowns.find((x) => !known.has(x));
  if (foreign) throw new OdeError("INVALID_TRACE", `Cannot trace customVjp as ${part} must use nothing but its arguments and constants: it captures "${foreign.attrs.name}" (pass it as an argument)`);
}

let nextId = 0;

/**
 * Calls `rule.forward(...args)` and, in reverse mode, uses `rule.backward` instead of differentiating through it.
 * Forward mode differentiates `forward` itself.
 *
 * @throws OdeError `INVALID_TRACE` when `forward`, or later `backward`, captures unknowns of an enclosing trace: pass them in `args`.
 * `SHAPE_MISMATCH`, later, when `backward` does not return a cotangent for each argument.
 */
export function customVjp(rule: CustomRule, given: readonly Tensor[]): Tensor {
  const args = [...given];
  const program = trace((...xs) => [rule.forward(...xs)], args.map((x) => x.shape));
  return customCall(program, (g, xs, out) => rule.backward(g, xs, out), args);
}

/** The same for a function that is traced already, on unknowns of its own. */
export function customCall(program: Program, backward: CustomRule["backward"], args: readonly Tensor[]): Tensor {
  assertUses("forward", program.outputs, program.inputs);
  return makeNode(customPrimitive, args, { id: nextId++, program, backward });
}
