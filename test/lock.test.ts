import { expect, test } from "vitest";
import { readJson } from "./workspace.ts";

interface LockEntry {
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const { packages } = readJson<{ packages: Readonly<Record<string, LockEntry>> }>("package-lock.json");

/** Node's look-up: the nearest node_modules folder at or above `from` that holds `name`. */
function isLocked(from: string, name: string): boolean {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("node_modules/") - 1))) {
    if (Object.hasOwn(packages, `${folder ? `${folder}/` : ""}node_modules/${name}`)) return true;
    if (folder === "") return false;
  }
}

test("the lock names no registry, so any registry can serve it", () => {
  const urls = Object.entries(packages).filter(([, { resolved }]) => resolved !== undefined && /^[a-z+]+:/.test(resolved));
  expect(urls.map(([path]) => path)).toEqual([]);
});

test("the lock has every optional dependency, so npm ci works on every platform", () => {
  const optional = Object.entries(packages).flatMap(([path, entry]) => Object.keys(entry.optionalDependencies ?? {}).map((name) => ({ path, name })));
  expect(optional.length).toBeGreaterThan(20);
  expect(optional.filter(({ path, name }) => !isLocked(path, name)).map(({ path, name }) => `${path} -> ${name}`)).toEqual([]);
});
