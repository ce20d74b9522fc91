import { collapse, unrollLimit } from "../lower/collapse.ts";
import type { Shape } from "../tensor.ts";

/** A strided window on a JavaScript array variable. */
export interface Operand {
  readonly array: string;
  readonly offset: number;
  readonly strides: readonly number[];
}

/** Entries read into a constant of the given name. */
export interface Load {
  readonly name: string;
  readonly from: Operand;
}


/** `a+b`, leaving zeros out. */
export const plus = (...terms: readonly (string | number)[]): string => {
  const texts = terms.filter((x) => x !== 0 && x !== "0");
  return texts.length > 0 ? texts.join("+") : "0";
};

/** `index*factor`, simplified. */
export const times = (index: string, factor: number): string => (factor === 0 ? "0" : factor === 1 ? index : `${index}*${factor}`);

/**
 * A loop nest over `shape`. Loads stand at the outermost level where they do not change; `body` gets the index
 * expression of each store. Small nests are unrolled. `id` makes the loop variables unique.
 */
export function emitLoops(id: number, shape: Shape, loads: readonly Load[], stores: readonly Operand[], body: (storeIndex: readonly string[]) => string): string {
  const operands = [...loads.map((l) => l.from), ...stores];
  const { shape: sizes, strides } = collapse(shape, operands);
  const total = sizes.reduce((n, s) => n * s, 1);
  const load = (k: number, index: string): string => `const ${loads[k].name}=${loads[k].from.array}[${index}];`;
  if (total <= unrollLimit) {
    let code = "";
    const index = sizes.map(() => 0);
    for (let flat = 0; flat < total; flat++) {
      const at = operands.map((o, k) => String(index.reduce((s, i, d) => s + i * strides[k][d], o.offset)));
      code += `{${loads.map((_, k) => load(k, at[k])).join("")}${body(at.slice(loads.length))}}`;
      for (let d = sizes.length - 1; d >= 0; d--) {
        if (++index[d] < sizes[d]) break;
        index[d] = 0;
      }
    }
    return code;
  }
  // Level of a load: behind the innermost loop that moves it.
  const level = loads.map((_, k) => strides[k].reduce((last, s, d) => (s === 0 ? last : d + 1), 0));
  const bases = operands.map((o) => String(o.offset));
  let head = "";
  let tail = "";
  for (let d = 0; d <= sizes.length; d++) {
    loads.forEach((_, k) => {
      if (level[k] === d) head += load(k, bases[k]);
    });
    if (d === sizes.length) break;
    const i = `i${id}_${d}`;
    head += `for(let ${i}=0;${i}<${sizes[d]};${i}++){`;
    tail += "}";
    operands.forEach((_, k) => {
      if (strides[k][d] === 0) return;
      const step = times(i, strides[k][d]);
      const moved = plus(bases[k], step);
      if (d === sizes.length - 1) bases[k] = moved;
      else {
        head += `const b${id}_${d}_${k}=${moved};`;
        bases[k] = `b${id}_${d}_${k}`;
      }
    });
  }
  return `{${head}${body(bases.slice(loads.length))}${tail}}`;
}
