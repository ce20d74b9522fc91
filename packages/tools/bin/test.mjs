// `npm test`: installs if needed, then runs every test. `--full` adds the long suites. Other words go to vitest.
import { install, root, runNode } from "./install.mjs";

install();
const args = process.argv.slice(2);
const full = args.includes("--full");
runNode(`${root}/node_modules/vitest/vitest.mjs`, ["run", "--config", "test/vitest.config.ts", ...args.filter((a) => a !== "--full")], full ? { FLUXION_FULL: "1" } : {});
