import { pathToFileURL } from "node:url";
import type { Tableau } from "@fluxion/ode-core";

/** What the steppers that are generated and those of ode-core must agree on: its `tableau-facts.ts`. */
export interface TableauFacts {
  readonly largestScalar: number;
  readonly hasRate: (tableau: Tableau) => boolean;
  readonly endStage: (tableau: Tableau) => number;
}

/** The facts as ode-core has them. @param root - The repository's root folder. */
export const tableauFacts = (root: string): Promise<TableauFacts> => import(pathToFileURL(`${root}/packages/ode-core/src/tableau-facts.ts`).href) as Promise<TableauFacts>;
