import { OdeError } from "@fluxion/ode-core";
import type { Layer } from "./layer.ts";
import type { ParamShapes } from "./parameter-layout.ts";

/** Layers one after another; their parameters are named `0`, `1`, ... @throws OdeError `SHAPE_MISMATCH` when sizes do not meet. */
export function chain(...layers: readonly Layer<any>[]): Layer {
  if (layers.length === 0) throw new OdeError("INVALID_ARGUMENT", "Cannot make a chain as it needs at least one layer: got none");
  layers.forEach((layer, i) => {
    if (i > 0 && layer.inputs !== layers[i - 1].outputs) {
      throw new OdeError("SHAPE_MISMATCH", `Cannot chain the layers as layer ${i} must take the ${layers[i - 1].outputs} outputs of layer ${i - 1}: it takes ${layer.inputs}`);
    }
  });
  return {
    inputs: layers[0].inputs,
    outputs: layers[layers.length - 1].outputs,
    params: Object.fromEntries(layers.map((layer, i) => [i, layer.params])) as ParamShapes,
    init: (params, random) => layers.forEach((layer, i) => layer.init(params[i] as never, random)),
    apply: (params, x) => layers.reduce((y, layer, i) => layer.apply(params[i] as never, y), x),
  };
}
