import type { CodeBlockWriter } from "ts-morph";
import { linearSum, usedStages } from "./linear-sum.ts";
import type { TableauData } from "./write-stepper.ts";

const signature = "step(t: number, h: number, u: Float64Array, out: Float64Array): boolean";
const at = (c: number): string => (c === 1 ? "t + h" : `t + ${c} * h`);
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

function writeStart(writer: CodeBlockWriter, { b }: TableauData): void {
  writer.writeLine("const memory = this.#memory;");
  writer.writeLine(`const { f, u: start${b.length > 1 ? ", input" : ""} } = memory;`);
  b.forEach((_, i) => void writer.writeLine(`const k${i + 1} = this.#k${i + 1};`));
  writer.writeLine("memory.begin(t, h, out);");
  writer.write("if (!memory.hasFirst)").block(() => {
    writer.writeLine("f.rhs(t, u, k1);").writeLine("memory.nf++;").writeLine("memory.hasFirst = true;");
  });
}

function writeEnd(writer: CodeBlockWriter, { b }: TableauData): void {
  if (b.length > 1) writer.writeLine(`memory.nf += ${b.length - 1};`);
  writer.writeLine("return true;");
}

/** Writes `step` for states of any length: one loop per stage. */
export function writeLoopStep(writer: CodeBlockWriter, tableau: TableauData): void {
  const { a, b, c, fsal } = tableau;
  writer.write(signature).block(() => {
    writeStart(writer, tableau);
    writer.writeLine("const n = start.length;");
    writer.writeLine("for (let j = 0; j < n; j++) start[j] = u[j];");
    const sum = (row: readonly number[]): string => `start[j] + h * (${linearSum(row, (i) => `k${i}[j]`)})`;
    for (let i = 1; i < b.length - (fsal ? 1 : 0); i++) {
      writer.writeLine(`for (let j = 0; j < n; j++) input[j] = ${sum(a[i])};`);
      writer.writeLine(`f.rhs(${at(c[i])}, input, k${i + 1});`);
    }
    writer.writeLine(`for (let j = 0; j < n; j++) out[j] = ${sum(b)};`);
    if (fsal) writer.writeLine(`f.rhs(t + h, out, k${b.length});`);
    writeEnd(writer, tableau);
  });
}

/** Writes `step` for states of `n` numbers, which it keeps in local variables like the stages. */
export function writeScalarStep(writer: CodeBlockWriter, tableau: TableauData, n: number): void {
  const { a, b, c, fsal } = tableau;
  const last = b.length - (fsal ? 1 : 0);
  // The error estimate is computed here, where the stages are at hand, unless it takes two.
  const bError = tableau.bErrorCoarse ? [] : (tableau.bError ?? []);
  const needed = new Set(usedStages(...a.slice(0, last), b, bError));
  writer.write(signature).block(() => {
    writeStart(writer, tableau);
    for (const j of range(n)) writer.writeLine(`const u${j} = u[${j}];`);
    for (const j of range(n)) writer.writeLine(`start[${j}] = u${j};`);
    const load = (i: number): void => {
      if (needed.has(i)) for (const j of range(n)) writer.writeLine(`const k${i}at${j} = k${i}[${j}];`);
    };
    const store = (target: string, row: readonly number[]): void => {
      for (const j of range(n)) writer.writeLine(`${target}[${j}] = u${j} + h * (${linearSum(row, (i) => `k${i}at${j}`)});`);
    };
    load(1);
    for (let i = 1; i < last; i++) {
      store("input", a[i]);
      writer.writeLine(`f.rhs(${at(c[i])}, input, k${i + 1});`);
      load(i + 1);
    }
    store("out", b);
    if (fsal) {
      writer.writeLine(`f.rhs(t + h, out, k${b.length});`);
      load(b.length);
    }
    if (bError.length > 0) {
      writer.writeLine("const estimate = memory.estimate;");
      for (const j of range(n)) writer.writeLine(`estimate[${j}] = h * (${linearSum(bError, (i) => `k${i}at${j}`)});`);
    }
    writeEnd(writer, tableau);
  });
}
