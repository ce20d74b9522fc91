import type { ModelName } from "./names.ts";

/** The text of a new model's test: the conformance suite, a seeded start, a known value and a wrong option. */
export const modelTest = ({ file, factory }: ModelName): string => `import { mlp } from "@fluxion/nn-core";
import { testVectorField } from "@fluxion/testkit";
import { describe, expect, test } from "vitest";
import { ${factory} } from "./${file}.ts";

const model = ${factory}({ dim: 2, network: mlp({ hidden: [4] }) });

describe("${factory}", () => {
  testVectorField(model, { u: [0.3, -0.2], p: model.init(1) });

  test("draws its parameters from the seed", () => {
    expect(model.init(3)).toEqual(model.init(3));
    expect(model.init(3)).not.toEqual(model.init(4));
  });

  test("follows its equations", () => {
    const out = new Float64Array(2);
    model.bind(new Float64Array(model.paramCount)).rhs(0, Float64Array.of(0.3, -0.2), out);
    expect(out).toEqual(Float64Array.of(-0.3, 0.2));
  });

  test("refuses a wrong option", () => {
    expect(() => ${factory}({ dim: 0 })).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  });
});
`;
