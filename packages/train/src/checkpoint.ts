import { OdeError, shown } from "@fluxion/ode-core";
import type { FitState } from "./fit.ts";
import { decodeSafetensors, encodeSafetensors, type Bytes } from "./safetensors.ts";

/** The bytes of a training state. `tag` tells what it belongs to, so that another run does not continue it. @throws OdeError `INVALID_ARGUMENT` for a tag that is no string. */
export function encodeCheckpoint({ p, kept, optimizer, losses, rhsEvaluations, step }: FitState, tag: string): Bytes {
  if (typeof (tag as unknown) !== "string") throw new OdeError("INVALID_ARGUMENT", `Cannot encode a checkpoint as its tag must be a string: current value is ${shown(tag)}`);
  const arrays = { p, kept, losses: Float64Array.from(losses), counts: Float64Array.of(step, rhsEvaluations), ...Object.fromEntries(Object.entries(optimizer).map(([name, data]) => [`optimizer.${name}`, data])) };
  return encodeSafetensors(Object.fromEntries(Object.entries(arrays).map(([name, data]) => [name, { shape: [data.length], data }])), { tag });
}

/** The training state in `bytes`, or null when its tag is another one. @throws OdeError `INVALID_FILE` for damaged bytes and for counts that do not fit. */
export function decodeCheckpoint(bytes: Uint8Array, tag: string, what: string): FitState | null {
  const { tensors, metadata } = decodeSafetensors(bytes, what);
  if (metadata["tag"] !== tag) return null;
  const array = (name: string): Float64Array => {
    const found = tensors[name];
    if (!found) throw new OdeError("INVALID_FILE", `Cannot resume from ${what} as it must hold "${name}": it does not`);
    return found.data;
  };
  const optimizer = Object.fromEntries(Object.keys(tensors).filter((name) => name.startsWith("optimizer.")).map((name) => [name.slice("optimizer.".length), array(name)]));
  const [step, rhsEvaluations] = array("counts");
  const losses = [...array("losses")];
  if (step !== losses.length) throw new OdeError("INVALID_FILE", `Cannot resume from ${what} as it must hold a loss for each of its ${step} steps: it holds ${losses.length}`);
  return { p: array("p"), kept: array("kept"), optimizer, losses, step, rhsEvaluations };
}
