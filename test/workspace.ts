import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The repository's root folder, without a slash at its end. */
export const root: string = fileURLToPath(new URL("..", import.meta.url)).replace(/[/\\]$/, "");

/** The fields of a package.json that the repository's checks read. */
export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Parses a JSON file given by its path from the root. */
export const readJson = <T>(path: string): T => JSON.parse(readFileSync(`${root}/${path}`, "utf8")) as T;

/** Folder names in packages/, sorted. */
export const packageNames: readonly string[] = readdirSync(`${root}/packages`, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .toSorted();

/** Paths from the root of the files under `folder` whose name ends in `ending`, sorted. */
export function filesUnder(folder: string, ending: string): readonly string[] {
  return (readdirSync(`${root}/${folder}`, { recursive: true }) as string[])
    .map((path) => `${folder}/${path.replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(ending) && !/\/(node_modules|dist|out)\//.test(path))
    .toSorted();
}

/** The text of a file given by its path from the root. */
export const readText = (path: string): string => readFileSync(`${root}/${path}`, "utf8");
