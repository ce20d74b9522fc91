import { OdeError, type Algorithm } from "@fluxion/ode-core";

/** The one of two forms of problems that has the structure which `algorithm` needs. */
export function ofStructure<T>({ name, structure }: Algorithm, firstOrder: T, secondOrder: T): T {
  if (structure === undefined) return firstOrder;
  if (structure === "second-order") return secondOrder;
  throw new OdeError("INVALID_ARGUMENT", `Cannot test algorithm "${name}" as there must be problems of its structure: it is "${structure}"`);
}
