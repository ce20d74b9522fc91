// `npm run bench -- lnn`: one right-hand side of a Lagrangian network, and one with its vector-Jacobian product, against native code
// written by hand for this shape. One state, float64, both on one core in turn; the least CPU time counts.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { add, concat, dot, eulerLagrange, matmul, reshape, slice, softplus, tracedField, type Tensor } from "@fluxion/autodiff";
import type { VectorField } from "@fluxion/ode-core";
import { currentSetting, measure, printTable, short, writeResult } from "./harness.ts";

interface Row {
  readonly task: "rhs" | "rhs+vjp";
  readonly model: "lagrangian 4-H-H-1 softplus";
  readonly H: number;
  readonly batch: 1;
  readonly dtype: "f64";
  readonly backend: "wasm" | "javascript";
  readonly us: number;
  /** Null without a C compiler. */
  readonly native_us: number | null;
  readonly ratio: number | null;
}

interface Native {
  readonly acceleration: readonly [number, number];
  readonly gradientNorm: number;
  readonly rhs: number;
  readonly rhsVjp: number;
}

const parameterCount = (H: number): number => 4 * H + H + H * H + H + H;
const state = Float64Array.of(0.3, 0.2, -0.5, 0.4);
const cotangent = Float64Array.of(1, 0.5, 0.2, -0.3);

/** The same parameters for both programs, from a formula. */
const parameters = (H: number): Float64Array =>
  Float64Array.from({ length: parameterCount(H) }, (_, i) => (Math.sin(1.7 * i) * 1.5) / Math.sqrt(i < 5 * H ? 4 : H) + (i >= parameterCount(H) - H ? 1 : 0));

function network(H: number, backend: Row["backend"]): VectorField {
  const lagrangian = (x: Tensor, p: Tensor): Tensor => {
    let from = 0;
    const take = (...shape: number[]): Tensor => {
      const size = shape.reduce((n, s) => n * s, 1);
      from += size;
      return reshape(slice(p, from - size, from), shape);
    };
    const [W1, b1, W2, b2, w3] = [take(H, 4), take(H), take(H, H), take(H), take(H)];
    return dot(w3, softplus(add(matmul(W2, softplus(add(matmul(W1, x), b1))), b2)));
  };
  return tracedField((_t, u, p) => {
    const v = slice(u, 2, 4);
    return concat([v, eulerLagrange((q, w) => lagrangian(concat([q, w]), p))(slice(u, 0, 2), v)]);
  }, { dim: 4, paramCount: parameterCount(H), backend });
}

/** Builds the native program; undefined without a compiler. */
function buildNative(folder: string): string | undefined {
  const binary = join(folder, "lnn");
  const source = fileURLToPath(new URL("native/lnn/lnn.c", import.meta.url));
  const { status, error, stderr } = spawnSync("cc", ["-O3", "-march=native", "-ffast-math", "-o", binary, source, "-lm"], { encoding: "utf8" });
  if (error) return undefined;
  if (status !== 0) throw new Error(`Cannot build the native reference: ${stderr}`);
  return binary;
}

function runNative(binary: string, H: number): Native {
  const input = Buffer.from(Float64Array.of(...parameters(H), ...state, ...cotangent).buffer);
  const { stdout, status } = spawnSync(binary, [String(H), "0.5"], { input, encoding: "utf8" });
  if (status !== 0) throw new Error(`Cannot run the native reference for H = ${H}: it ended with ${status}`);
  return JSON.parse(stdout) as Native;
}

/** Both programs must compute the same thing. */
function check(what: string, got: number, want: number): void {
  if (!(Math.abs(got - want) <= 1e-9 * Math.abs(want))) throw new Error(`Cannot compare times as ${what} must agree to 1e-9: ${got} and ${want}`);
}

function measureBackend(H: number, backend: Row["backend"], native: Native | undefined): Row[] {
  const bound = network(H, backend).bind(parameters(H));
  const [out, outU, outP] = [new Float64Array(4), new Float64Array(4), bound.gradientBuffer!()];
  bound.rhs(0, state, out);
  bound.vjp!(0, state, cotangent, outU, outP);
  if (native) {
    native.acceleration.forEach((a, i) => check(`acceleration ${i}`, out[2 + i], a));
    check("the norm of the gradient", Math.hypot(...outP), native.gradientNorm);
  }
  const row = (task: Row["task"], us: number, nativeUs: number | null): Row => ({ task, model: "lagrangian 4-H-H-1 softplus", H, batch: 1, dtype: "f64", backend, us, native_us: nativeUs, ratio: nativeUs && us / nativeUs });
  return [
    row("rhs", 1000 * measure(() => bound.rhs(0, state, out)), native?.rhs ?? null),
    // The kernel of the product computes the right-hand side it needs.
    row("rhs+vjp", 1000 * measure(() => bound.vjp!(0, state, cotangent, outU, outP)), native?.rhsVjp ?? null),
  ];
}

const folder = mkdtempSync(join(tmpdir(), "fluxion-lnn-"));
const binary = buildNative(folder);
const rows = [10, 32, 128].flatMap((H) => (["wasm", "javascript"] as const).flatMap((backend) => measureBackend(H, backend, binary ? runNative(binary, H) : undefined)));
rmSync(folder, { recursive: true });
printTable(["task", "backend", "H", "us", "native us", "ratio"], rows.map((r) => [r.task, r.backend, String(r.H), short(r.us), r.native_us === null ? "-" : short(r.native_us), r.ratio === null ? "-" : short(r.ratio)]));
writeResult("lnn.json", `${JSON.stringify({ ...currentSetting(), rows }, null, 2)}\n`);
