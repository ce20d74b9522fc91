export { lagrangianModel, type LagrangianModelParts } from "./lagrangian-model.ts";
export { lagrangianNN, type LagrangianNNOptions } from "./lagrangian-nn.ts";
export { lnnModels } from "./models.ts";
export { structuredLagrangianNN, type StructuredLagrangianNNOptions } from "./structured-lagrangian-nn.ts";
