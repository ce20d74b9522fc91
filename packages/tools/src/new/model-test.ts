import { camelCase } from "./names.ts";

/** The text of a new model's test: the conformance suite of vector fields, and one value known by hand. */
export const modelTest = (name: string): string => `import { testVectorField } from "@fluxion/testkit";
import { describe, expect, test } from "vitest";
import { ${camelCase(name)} } from "./${name}.ts";

describe("${camelCase(name)}", () => {
  const model = ${camelCase(name)}({ dim: 2 });
  const u = Float64Array.of(0.3, -0.2);

  testVectorField(model, { u, p: model.init(1) });

  test("without a network's output the state decays", () => {
    const out = new Float64Array(2);
    ${camelCase(name)}({ dim: 2, decay: 4 }).bind(new Float64Array(model.paramCount)).rhs(0, u, out);
    expect([...out]).toEqual([-4 * u[0], -4 * u[1]]);
  });

  test("a wrong option is refused", () => {
    expect(() => ${camelCase(name)}({ dim: 2, decay: -1 })).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  });
});
`;
