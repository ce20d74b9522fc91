import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { OdeError, shown } from "@fluxion/ode-core";
import { parseTrajectoryCsv, type Trajectory } from "@fluxion/train";

/** The bytes of a file. @throws OdeError `INVALID_FILE` when it cannot be read. */
export function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new OdeError("INVALID_FILE", `Cannot read ${path} as it must be a readable file: ${(cause as Error).message}`, { cause });
  }
}

/** The text of a file. @throws OdeError `INVALID_FILE` when it cannot be read. */
export const readText = (path: string): string => new TextDecoder().decode(readBytes(path));

const unwritable = (path: string, cause: unknown): OdeError =>
  new OdeError("INVALID_FILE", `Cannot write ${path} as its folder must be writable: ${(cause as Error).message}`, { cause });

/** Replaces a file as a whole: a reader, or a crash, sees the old one or the new one. @throws OdeError `INVALID_FILE` when it cannot be written. */
export function writeWhole(path: string, content: string | Uint8Array): void {
  try {
    writeFileSync(`${path}.part`, content);
    renameSync(`${path}.part`, path);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/** Moves a file to another name in its folder, over the file that has it. @throws OdeError `INVALID_FILE` when it cannot be moved. */
export function moveOver(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (cause) {
    throw unwritable(to, cause);
  }
}

/** Makes a folder to write to, unless it exists. @throws OdeError `INVALID_FILE` when it cannot be made. */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/**
 * The trajectories in all files that match `pattern`, sorted by name; `*` in the file name stands for any text. Motions of models start at their first states.
 *
 * @throws OdeError `INVALID_FILE` when there are none, or one of them is damaged or has a first state with missing entries.
 */
export function readTrajectories(pattern: string, columns: readonly string[]): Trajectory[] {
  const folder = dirname(pattern);
  const matcher = new RegExp(`^${basename(pattern).split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&")).join(".*")}$`);
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => matcher.test(name)).sort();
  } catch (cause) {
    throw new OdeError("INVALID_FILE", `Cannot read ${pattern} as its folder must be readable: ${(cause as Error).message}`, { cause });
  }
  if (names.length === 0) throw new OdeError("INVALID_FILE", `Cannot read ${pattern} as at least one file must match: none does`);
  return names.map((name) => {
    const what = join(folder, name);
    const trajectory = parseTrajectoryCsv(readText(what), { columns, what });
    const [first] = trajectory.u;
    if (first.some(Number.isNaN)) throw new OdeError("INVALID_FILE", `Cannot read ${what} as its first state must be known as a whole, as models start there: it is ${shown(first)}`);
    return trajectory;
  });
}
