import { expect, test } from "vitest";
import { packageNames, readJson, type Manifest } from "./workspace.ts";

// A changed list is accepted by `npm test -- test/public-api -u`. With CI set vitest writes no snapshot, so a new one fails there too.
test.each(packageNames.filter((name) => !readJson<Manifest>(`packages/${name}/package.json`).private))(
  "@fluxion/%s exports the recorded names",
  async (name) => {
    const names = Object.keys((await import(`@fluxion/${name}`)) as object).toSorted();
    await expect(`${names.join("\n")}\n`).toMatchFileSnapshot(`snapshots/${name}.txt`);
  },
);
