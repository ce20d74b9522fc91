import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { lnnInput, type LnnCase, type LnnResult } from "./lagrangian-network.ts";
import type { ComparedNetwork } from "./networks.ts";

/** What a build is made for. */
export interface NativeNetworkOptions {
  readonly network: ComparedNetwork["native"];
  readonly H: number;
  readonly dtype: "f64" | "f32";
  /** Width of its vectors. */
  readonly vectorBits: number;
}

/** A compiled reference. */
export interface NativeNetwork {
  /** Computes and times the task for about `seconds`; `us` is the least CPU time of the whole task in microseconds. */
  run(data: LnnCase, seconds: number): LnnResult & { readonly us: number };
}

/** Whether the compiler builds for vectors of 512 bits on this machine; `undefined` without a compiler. */
export function nativeVectors(): { readonly wide: boolean } | undefined {
  const { error, stdout } = spawnSync("c++", ["-march=native", "-dM", "-E", "-x", "c++", "-"], { input: "", encoding: "utf8" });
  return error ? undefined : { wide: stdout.includes("__AVX512VL__") };
}

/** Builds `../native/networks` for one network, width and type in a folder, unless it is there; `undefined` without a compiler. */
export function buildNativeNetwork({ network, H, dtype, vectorBits }: NativeNetworkOptions, folder: string): NativeNetwork | undefined {
  const source = fileURLToPath(new URL("../native/networks/main.cpp", import.meta.url));
  const binary = join(folder, `${network}-${dtype}-${H}-${vectorBits}`);
  // Not -ffast-math as a whole, which drops the rounding that the exponential rests on.
  const flags = ["-std=c++17", "-O3", "-march=native", "-ffp-contract=fast", "-fno-math-errno", `-DNETWORK="${network}.h"`, `-DHIDDEN=${H}`, `-DREAL=${dtype === "f64" ? "double" : "float"}`, `-DVECTOR_BYTES=${vectorBits / 8}`];
  if (!existsSync(binary)) {
    const { error, status, stderr } = spawnSync("c++", [...flags, "-o", binary, source], { encoding: "utf8" });
    if (error) return undefined;
    if (status !== 0) throw new Error(`Cannot build the native reference: ${stderr}`);
  }
  return {
    run: (data, seconds) => {
      const { stdout, status } = spawnSync(binary, [data.task, String(data.count), String(seconds)], { input: lnnInput(data), encoding: "utf8" });
      if (status !== 0) throw new Error(`Cannot run the native reference for ${data.task}, ${network}, H = ${H}: it ended with ${status}`);
      return JSON.parse(stdout) as LnnResult & { us: number };
    },
  };
}
