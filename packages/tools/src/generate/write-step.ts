import type { Tableau } from "@fluxion/ode-core";
import type { CodeBlockWriter } from "ts-morph";
import { linearSum, sumArguments, terms, usedStages } from "./linear-sum.ts";
import { range } from "./range.ts";
import { writeScalarError } from "./write-error.ts";

const signature = "step(t: number, h: number, u: Float64Array, out: Float64Array): boolean";
const at = (c: number): string => (c === 1 ? "t + h" : `t + ${c} * h`);

/** The rows of a method that a step sums up. */
export const stepRows = ({ a, b, fsal }: Tableau): (readonly number[])[] => [...a.slice(1, b.length - (fsal ? 1 : 0)), b];

function writeStart(writer: CodeBlockWriter, { b }: Tableau, names: readonly string[]): void {
  writer.writeLine("const { memory } = this;");
  writer.writeLine(`const { ${["f", "stages", ...(b.length > 1 ? ["input"] : []), ...names].join(", ")} } = memory;`);
  b.forEach((_, i) => void writer.writeLine(`const k${i + 1} = stages[${i}];`));
  writer.writeLine("memory.begin(t, h, u, out);");
  writer.write("if (!memory.hasFirst)").block(() => {
    writer.writeLine("f.rhs(t, u, k1);").writeLine("memory.nf++;").writeLine("memory.hasFirst = true;");
  });
}

function writeEnd(writer: CodeBlockWriter, { b }: Tableau): void {
  if (b.length > 1) writer.writeLine(`memory.nf += ${b.length - 1};`);
  writer.writeLine("return true;");
}

/** Writes `step` for states of any length: one call of a loop per stage. */
export function writeLoopStep(writer: CodeBlockWriter, tableau: Tableau): void {
  const { a, b, c, fsal } = tableau;
  writer.write(signature).block(() => {
    writeStart(writer, tableau, ["k"]);
    if (stepRows(tableau).some((row) => usedStages(row).some((i) => i > 1))) writer.writeLine("const n = u.length;");
    const store = (target: string, row: readonly number[]): void => {
      writer.writeLine(`advance${terms(row).length}(${target}, u, h, k, ${sumArguments(row)});`);
    };
    for (let i = 1; i < b.length - (fsal ? 1 : 0); i++) {
      store("input", a[i]);
      writer.writeLine(`f.rhs(${at(c[i])}, input, k${i + 1});`);
    }
    store("out", b);
    if (fsal) writer.writeLine(`f.rhs(t + h, out, k${b.length});`);
    writeEnd(writer, tableau);
  });
}

/** Writes `step` for states of `n` numbers, which it keeps in local variables like the stages. */
export function writeScalarStep(writer: CodeBlockWriter, tableau: Tableau, n: number): void {
  const { a, b, c, fsal, bError = [], bErrorCoarse = [] } = tableau;
  const last = b.length - (fsal ? 1 : 0);
  const needed = new Set(usedStages(...a.slice(0, last), b, bError, bErrorCoarse));
  writer.write(signature).block(() => {
    writeStart(writer, tableau, []);
    for (const j of range(0, n)) writer.writeLine(`const u${j} = u[${j}];`);
    const load = (i: number): void => {
      if (needed.has(i)) for (const j of range(0, n)) writer.writeLine(`const k${i}at${j} = k${i}[${j}];`);
    };
    const sum = (row: readonly number[], j: number): string => `u${j} + h * (${linearSum(row, (i) => `k${i}at${j}`)})`;
    load(1);
    for (let i = 1; i < last; i++) {
      for (const j of range(0, n)) writer.writeLine(`input[${j}] = ${sum(a[i], j)};`);
      writer.writeLine(`f.rhs(${at(c[i])}, input, k${i + 1});`);
      load(i + 1);
    }
    for (const j of range(0, n)) writer.writeLine(`const next${j} = ${sum(b, j)};`);
    for (const j of range(0, n)) writer.writeLine(`out[${j}] = next${j};`);
    if (fsal) {
      writer.writeLine(`f.rhs(t + h, out, k${b.length});`);
      load(b.length);
    }
    if (bError.length > 0) writeScalarError(writer, tableau, n);
    writeEnd(writer, tableau);
  });
}
