import { addAtPrimitive, searchSortedPrimitive } from "../lookup.ts";
import type { Tensor } from "../tensor.ts";
import type { Operand } from "./loops.ts";

/** Code of `searchSorted`, `take` and `addAt` on whole arrays, as their `evaluate` does it. */
export function emitLookup(id: number, node: Tensor, table: Operand, places: Operand, out: Operand, rounded: (value: string) => string): string {
  const [{ shape: sizes }, { shape: [stacks, k] }] = node.args;
  const loop = (body: string): string => `for(let b${id}=0;b${id}<${stacks};b${id}++)for(let k${id}=0;k${id}<${k};k${id}++){const w${id}=b${id}*${k}+k${id},p${id}=${places.array}[${places.offset}+w${id}];${body}}`;
  if (node.primitive === searchSortedPrimitive) {
    const n = sizes[1];
    const search = `while(l${id}<h${id}){const m${id}=(l${id}+h${id})>>>1;if(${table.array}[${table.offset}+b${id}*${n}+m${id}]<=p${id})l${id}=m${id}+1;else h${id}=m${id};}`;
    return loop(`let l${id}=0,h${id}=${n};${search}${out.array}[${out.offset}+w${id}]=l${id};`);
  }
  const adds = node.primitive === addAtPrimitive;
  const r = sizes[2];
  const n = adds ? (node.attrs.n as number) : sizes[1];
  const there = `p${id}>=0&&p${id}<${n}`;
  const row = `(b${id}*${n}+Math.floor(p${id}))*${r}+j${id}`;
  const each = (body: string): string => `for(let j${id}=0;j${id}<${r};j${id}++){${body}}`;
  const own = `w${id}*${r}+j${id}`;
  if (adds) {
    const entry = `${out.array}[${out.offset}+${row}]`;
    return `${out.array}.fill(0,${out.offset},${out.offset + node.size});${loop(`if(${there})${each(`${entry}=${rounded(`${entry}+${table.array}[${table.offset}+${own}]`)};`)}`)}`;
  }
  return loop(each(`${out.array}[${out.offset}+${own}]=${there}?${table.array}[${table.offset}+${row}]:${String(node.attrs.missing)};`));
}
