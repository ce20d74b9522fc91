import type { Tableau } from "@fluxion/ode-core";
import type { CodeBlockWriter } from "ts-morph";
import { linearSum, sumArguments, terms } from "./linear-sum.ts";
import { range } from "./range.ts";

/** The rows of the error estimates, each with the name of the sum of its squares. */
function estimates({ bError = [], bErrorCoarse }: Tableau): [name: string, row: readonly number[]][] {
  return bErrorCoarse ? [["fine", bError], ["coarse", bErrorCoarse]] : [["sum", bError]];
}

/** The rows of the error estimates. */
export const errorRows = (tableau: Tableau): (readonly number[])[] => (tableau.bError ? estimates(tableau).map(([, row]) => row) : []);

/**
 * The scaled error from the sums. What these cannot tell is left to a slower way: an infinite state hides its error behind an
 * infinite scale, and a component that rests at zero may have no scale.
 */
function result(tableau: Tableau, sums: readonly string[], n: string): string {
  const root = (name: string): string => (n === "1" ? `Math.sqrt(${name})` : `Math.sqrt(${name} / ${n})`);
  return `${sums.join(" + ")} < Infinity ? ${tableau.bErrorCoarse ? `combinedError(${root("fine")}, ${root("coarse")})` : root("sum")} : memory.scaledError()`;
}

/** Writes `scaledError` for states of any length. */
export function writeLoopError(writer: CodeBlockWriter, tableau: Tableau): void {
  const rows = estimates(tableau);
  writer.write("scaledError(): number").block(() => {
    writer.writeLine("const { memory } = this;");
    writer.writeLine("const { u, next, k, abstols, reltol } = memory;");
    writer.writeLine("const h = memory.now[1];").writeLine("const n = u.length;");
    for (const [name, row] of rows) {
      writer.writeLine(`const ${name} = squares${terms(row).length}(u, next, abstols, reltol, h, k, ${sumArguments(row)});`);
    }
    writer.writeLine(`return ${result(tableau, rows.map(([name]) => name), "n")};`);
  });
}

/**
 * Writes the part of a step with `n` numbers that leaves the scaled error in the memory: the step has all that it takes in
 * local variables, and a number that another method returned might be boxed.
 */
export function writeScalarError(writer: CodeBlockWriter, tableau: Tableau, n: number): void {
  const all = (text: (j: number) => string): string[] => range(0, n).map(text);
  const rows = estimates(tableau);
  const lines = [
    "const { now, abstols, reltol } = memory;",
    ...all((j) => `const size${j} = Math.max(Math.abs(u${j}), Math.abs(next${j}));`),
    ...all((j) => `const scale${j} = abstols[${j}] + reltol * size${j};`),
    `const sizes = ${all((j) => `size${j}`).join(" + ")};`,
    ...rows.flatMap(([name, row]) => [
      ...all((j) => `const ${name}${j} = (h * (${linearSum(row, (i) => `k${i}at${j}`)})) / scale${j};`),
      `const ${name} = ${all((j) => `${name}${j} * ${name}${j}`).join(" + ")};`,
    ]),
    `now[2] = ${result(tableau, ["sizes", ...rows.map(([name]) => name)], String(n))};`,
  ];
  for (const line of lines) writer.writeLine(line);
}
