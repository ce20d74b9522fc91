import { hnnModels } from "@fluxion/hnn";
import { lnnModels } from "@fluxion/lnn";
import { nodeModels } from "@fluxion/node";

/** Every model family by name, for configs and model files. */
export const models: typeof lnnModels & typeof hnnModels & typeof nodeModels = { ...lnnModels, ...hnnModels, ...nodeModels };
