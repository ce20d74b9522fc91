// Writes the recordings in data/: exact motions of a double pendulum (m = l = 1, g = 9.81) from a solve at tolerance 1e-12.
// Run with `npm run data -w @fluxion/example-double-pendulum`; the same seeds give the same files.
import { mkdirSync, writeFileSync } from "node:fs";
import { odeProblem, OdeError, solve, tsit5 } from "@fluxion/ode-core";
import { doublePendulum, sampleStates } from "@fluxion/systems";
import { formatTrajectoryCsv } from "@fluxion/train";

const columns = ["q1", "q2", "v1", "v2"];
/** The initial state of the figures in the report that this example improves on: small angles, 0.38 J above rest. */
const standard = Float64Array.of(0.16573343, 0.14740237, 0.01817836, 0.08238763);
const low = [-0.2, -0.2, -0.2, -0.2];
const high = [0.2, 0.2, 0.2, 0.2];

/** States every 0.1 s from 0 to `end`. */
function record(name: string, u0: Float64Array, end: number): void {
  const t = Float64Array.from({ length: Math.round(end * 10) + 1 }, (_, k) => k / 10);
  const { u, retcode, message } = solve(odeProblem(doublePendulum().field, u0, [0, end]), tsit5(), { reltol: 1e-12, abstol: 1e-12, saveAt: t });
  if (retcode !== "success") throw new OdeError("SOLVE_FAILED", `Cannot record ${name} as the solve must reach ${end} s: ${message}`);
  writeFileSync(new URL(`data/${name}.csv`, import.meta.url), formatTrajectoryCsv({ t, u }, columns));
}

const number = (i: number): string => String(i).padStart(2, "0");

mkdirSync(new URL("data", import.meta.url), { recursive: true });
[standard, ...sampleStates(10, low, high, 1)].forEach((u0, i) => record(`train-${number(i)}`, u0, 1));
sampleStates(20, low, high, 2).forEach((u0, i) => record(`heldout-${number(i)}`, u0, 30));
record("standard", standard, 30);
