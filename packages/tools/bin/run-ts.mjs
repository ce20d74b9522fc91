// Runs a TypeScript program from the sources of all packages: run-ts.mjs PROGRAM [ARGUMENT ...]
import { install, root, runNode } from "./install.mjs";

install();
runNode(`${root}/node_modules/tsx/dist/cli.mjs`, ["-C", "@fluxion/source", ...process.argv.slice(2)]);
