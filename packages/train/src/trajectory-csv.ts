import { assertFinite, assertLength, OdeError } from "@fluxion/ode-core";
import { unreadable } from "./file-errors.ts";
import { assertObserved, isMissing } from "./observations.ts";
import type { Trajectory } from "./trajectory.ts";

/** How to read a trajectory file. */
export interface TrajectoryCsvOptions {
  /** Names of the state's entries in their order in `u[k]`. The file may order its columns otherwise. */
  readonly columns: readonly string[];
  /** What the text is, for messages: usually the path of the file. */
  readonly what: string;
}

/** Throws `INVALID_ARGUMENT` for names that a header cannot hold. */
function checkColumns(columns: readonly string[]): void {
  const wrong = columns.find((name, i) => name === "t" || name === "" || name !== name.trim() || /[,\r\n]/.test(name) || columns.indexOf(name) !== i);
  if (wrong !== undefined) {
    throw new OdeError("INVALID_ARGUMENT", `Cannot name the columns of a trajectory as each must have a name of its own, other than "t" and without commas, line breaks and blanks around it: got ${JSON.stringify(wrong)} in ${columns.join(", ")}`);
  }
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const missing = /^(?:nan)?$/i;

/**
 * Reads a trajectory from CSV: a header line that names `t` and the state's columns, then one line per time with
 * `t` increasing. Numbers only, so quoting is no part of the format. A field of the state that is empty, or `NaN`, is an entry that was not observed: NaN.
 *
 * @throws OdeError `INVALID_FILE` naming the file, the line and what is wrong there; `INVALID_ARGUMENT` for columns that cannot be told apart.
 */
export function parseTrajectoryCsv(text: string, { columns, what }: TrajectoryCsvOptions): Trajectory {
  checkColumns(columns);
  const wrongLine = (line: number, needed: string, found: string): OdeError => unreadable(what, `line ${line} must ${needed}`, found);
  const lines = text.replace(/^\uFEFF/, "").trimEnd().split(/\r?\n/);
  const expected = ["t", ...columns];
  const header = lines[0].split(",").map((name) => name.trim());
  const wrong =
    header.find((name) => !expected.includes(name)) ?? header.find((name, i) => header.indexOf(name) !== i) ?? expected.find((name) => !header.includes(name));
  if (wrong !== undefined) {
    const problem = !expected.includes(wrong) ? "is unknown" : header.includes(wrong) ? "stands twice" : "is missing";
    throw wrongLine(1, `name the columns ${expected.join(", ")}`, `${JSON.stringify(wrong)} ${problem}`);
  }
  if (lines.length < 3) throw wrongLine(lines.length + 1, "hold a state, two being the fewest for a trajectory", "the file ends there");

  const t = new Float64Array(lines.length - 1);
  const u = Array.from(t, () => new Float64Array(columns.length));
  const place = header.map((name) => columns.indexOf(name));
  for (let k = 0; k < t.length; k++) {
    const line = k + 2;
    const fields = lines[k + 1].split(",");
    if (fields.length !== header.length) throw wrongLine(line, `have ${header.length} fields`, `it has ${fields.length}`);
    fields.forEach((field, i) => {
      const isTime = place[i] < 0;
      const value = decimal.test(field.trim()) ? Number(field) : Number.NaN;
      if (!Number.isFinite(value) && (isTime || !missing.test(field.trim()))) throw wrongLine(line, `have a finite number${isTime ? "" : " or nothing"} for "${header[i]}"`, JSON.stringify(field.trim()));
      if (isTime) t[k] = value;
      else u[k][place[i]] = value;
    });
    if (k > 0 && t[k] <= t[k - 1]) throw wrongLine(line, `have t > ${t[k - 1]}`, `t is ${t[k]}`);
  }
  return { t, u };
}

// String() gives the shortest text that reads back as the same number, except that it drops the sign of -0.
const exact = (value: number): string => (isMissing(value) ? "" : Object.is(value, -0) ? "-0" : String(value));

/**
 * Writes a trajectory as CSV that {@link parseTrajectoryCsv} reads back bit for bit. An entry that is NaN, one that was not observed, is an empty field.
 *
 * @throws OdeError `SHAPE_MISMATCH`, `NON_FINITE` or `INVALID_ARGUMENT` if the trajectory could not be read back.
 */
export function formatTrajectoryCsv({ t, u }: Trajectory, columns: readonly string[]): string {
  if (u.length !== t.length) throw new OdeError("SHAPE_MISMATCH", `Cannot write a trajectory as it must have ${t.length} states, one for each time: current count is ${u.length}`);
  checkColumns(columns);
  assertFinite("t", t);
  if (t.length < 2) throw new OdeError("INVALID_ARGUMENT", `Cannot write a trajectory as it must have at least 2 times: current count is ${t.length}`);
  const early = t.findIndex((time, k) => k > 0 && !(time > t[k - 1]));
  if (early > 0) throw new OdeError("INVALID_ARGUMENT", `Cannot write a trajectory as its times must increase: t[${early}] is ${t[early]} after ${t[early - 1]}`);
  const rows = u.map((state, k) => {
    assertLength(`u[${k}]`, state, columns.length);
    assertObserved(`u[${k}]`, state);
    return [t[k], ...state].map(exact).join(",");
  });
  return `${["t", ...columns].join(",")}\n${rows.join("\n")}\n`;
}
