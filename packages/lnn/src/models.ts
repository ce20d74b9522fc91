import { lagrangianNN } from "./lagrangian-nn.ts";
import { structuredLagrangianNN } from "./structured-lagrangian-nn.ts";

/** The models of this package by name, for configs. */
export const lnnModels: {
  readonly lagrangianNN: typeof lagrangianNN;
  readonly structuredLagrangianNN: typeof structuredLagrangianNN;
} = {
  lagrangianNN,
  structuredLagrangianNN,
};
