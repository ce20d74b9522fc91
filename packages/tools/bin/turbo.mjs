// Runs turbo with its telemetry off.
import { root, runNode } from "./install.mjs";

runNode(`${root}/node_modules/turbo/bin/turbo`, process.argv.slice(2), { TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" });
