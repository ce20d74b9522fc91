import { OdeError } from "@fluxion/ode-core";
import { input, Tensor, tracing } from "./tensor.ts";
import { captures, substitute, type Program } from "./trace.ts";

/** One array, or a list of them. */
export type Arrays = Tensor | readonly Tensor[];

/** The arrays as a list. @throws OdeError `INVALID_TRACE` for anything else. */
export function listOf(x: Arrays): readonly Tensor[] {
  const list: unknown = x instanceof Tensor ? [x] : x;
  if (Array.isArray(list) && list.every((entry) => entry instanceof Tensor)) return list as Tensor[];
  throw new OdeError("INVALID_TRACE", `Cannot trace the function as it must return a traced array or a list of them: it returned ${Array.isArray(x) ? "a list of something else" : x === null ? "null" : typeof x}`);
}

/** Arrays in the form of `example`: one, or a list. */
export const inFormOf = <T extends Arrays>(example: T, parts: readonly Tensor[]): T => (example instanceof Tensor ? parts[0] : parts) as T;

/** Programs that use nothing but their inputs. The first ones, the same for all, stand for what the functions captured. */
export function close(programs: readonly Program[]): { programs: Program[]; captured: Tensor[] } {
  const captured = [...new Set(programs.flatMap(captures))];
  return tracing(() => {
    const fresh = captured.map((x) => input("captured", x.shape));
    const closed = programs.map(({ inputs, outputs }) => ({ inputs: [...fresh, ...inputs], outputs: substitute({ inputs: captured, outputs }, fresh) }));
    return { programs: closed, captured };
  });
}

const ids = new WeakMap<Program, number>();
let nextId = 0;

/** A number of its own for each program object: nodes with one program are equal if the rest is. */
export function programId(program: Program): number {
  const known = ids.get(program);
  if (known !== undefined) return known;
  ids.set(program, nextId);
  return nextId++;
}
