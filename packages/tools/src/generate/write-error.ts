import type { CodeBlockWriter } from "ts-morph";
import { linearSum, usedStages } from "./linear-sum.ts";
import type { TableauData } from "./write-stepper.ts";

const signature = "scaledError(u: Float64Array, next: Float64Array, abstol: number, reltol: number): number";

/** The rows of the error estimates, each with the variable that sums its squares. */
function estimates({ bError = [], bErrorCoarse }: TableauData): [name: string, row: readonly number[]][] {
  return bErrorCoarse ? [["fine", bError], ["coarse", bErrorCoarse]] : [["sum", bError]];
}

function writeResult(writer: CodeBlockWriter, { bErrorCoarse }: TableauData, n: string): void {
  const root = (name: string): string => (n === "1" ? `Math.sqrt(${name})` : `Math.sqrt(${name} / ${n})`);
  writer.writeLine(`return ${bErrorCoarse ? `combinedError(${root("fine")}, ${root("coarse")})` : root("sum")};`);
}

function writeStart(writer: CodeBlockWriter, tableau: TableauData): void {
  writer.writeLine("const h = this.#memory.now[1];");
  for (const [name] of estimates(tableau)) writer.writeLine(`let ${name} = 0;`);
  for (const i of usedStages(...estimates(tableau).map(([, row]) => row))) writer.writeLine(`const k${i} = this.#k${i};`);
}

/** Adds the scaled squares of one component, as `errorNorm` of ode-core does; not by a call, as a number that a call returns may be boxed. */
function writeComponent(writer: CodeBlockWriter, tableau: TableauData, index: string, suffix: string, ready = false): void {
  const [u, next] = [`u[${index}]`, `next[${index}]`];
  writer.writeLine(`const size${suffix} = Math.max(Math.abs(${u}), Math.abs(${next}));`);
  writer.writeLine(`if (!(size${suffix} < Infinity)) return NaN;`);
  for (const [name, row] of estimates(tableau)) {
    writer.writeLine(`const ${name}${suffix} = ${ready ? `estimate[${index}]` : `h * (${linearSum(row, (i) => `k${i}[${index}]`)})`};`);
    writer.write(`if (${name}${suffix} !== 0)`).block(() => {
      writer.writeLine(`const e = ${name}${suffix} / (abstol + reltol * size${suffix});`).writeLine(`${name} += e * e;`);
    });
  }
}

/** Writes `scaledError` for states of any length: one loop. */
export function writeLoopError(writer: CodeBlockWriter, tableau: TableauData): void {
  writer.write(signature).block(() => {
    writeStart(writer, tableau);
    writer.writeLine("const n = u.length;");
    writer.write("for (let j = 0; j < n; j++)").block(() => writeComponent(writer, tableau, "j", "J"));
    writeResult(writer, tableau, "n");
  });
}

/** Writes `scaledError` for states of `n` numbers; a single estimate stands ready from the step. */
export function writeScalarError(writer: CodeBlockWriter, tableau: TableauData, n: number): void {
  writer.write(signature).block(() => {
    if (tableau.bErrorCoarse) writeStart(writer, tableau);
    else writer.writeLine("const estimate = this.#memory.estimate;").writeLine("let sum = 0;");
    for (let j = 0; j < n; j++) writeComponent(writer, tableau, String(j), String(j), tableau.bErrorCoarse === undefined);
    writeResult(writer, tableau, String(n));
  });
}
