#!/usr/bin/env node
// Committed, unlike dist/, so that installing a clone links the command.
import { existsSync } from "node:fs";

const program = new URL("../dist/bin.js", import.meta.url);
if (existsSync(program)) await import(program.href);
else {
  process.stderr.write("fluxion: Cannot run as the packages must be built: run npm run build first\n");
  process.exitCode = 2;
}
