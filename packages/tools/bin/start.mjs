// `npm start`: installs if needed, builds, then trains, evaluates and reports the double-pendulum example.
import { install, root, runNode } from "./install.mjs";

install();
runNode(`${root}/packages/tools/bin/turbo.mjs`, ["run", "build", "--log-order=grouped", "--output-logs=errors-only"]);
const config = "docs/examples/double-pendulum/train.json";
runNode(`${root}/packages/cli/bin/fluxion.js`, ["train", config, ...process.argv.slice(2)]);
