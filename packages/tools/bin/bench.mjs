// `npm run bench -- NAME`: runs test/bench/NAME.ts, which prints a table and writes out/bench/NAME.json.
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { install, root, runNode } from "./install.mjs";

const [name, ...args] = process.argv.slice(2);
if (!name || !existsSync(`${root}/test/bench/${name}.ts`)) {
  const names = readdirSync(`${root}/test/bench`).filter((f) => f.endsWith(".ts") && f !== "harness.ts").map((f) => f.slice(0, -3));
  console.error(`Cannot run benchmark "${name ?? ""}" as it must be one of: ${names.join(", ")}`);
  process.exit(2);
}

/** Lets modules find files beside their sources. */
const ownUrls = {
  name: "own-urls",
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => ({ loader: "ts", contents: readFileSync(path, "utf8").replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href)) }));
  },
};

// Built, as programs are that run for long: a loader of TypeScript talks to a thread, by buffers that change hands, and once one has
// done so in a process, V8 compiles every access to an array with a check whether its buffer is still there.
install();
const { build } = await import("esbuild");
mkdirSync(`${root}/out/bench`, { recursive: true });
const outfile = `${root}/out/bench/${name}.mjs`;
await build({ entryPoints: [`${root}/test/bench/${name}.ts`], outfile, plugins: [ownUrls], bundle: true, format: "esm", platform: "node", target: "node20", conditions: ["@fluxion/source"], external: ["esbuild"], sourcemap: "linked", logLevel: "error" });
runNode("--enable-source-maps", [outfile, ...args]);
