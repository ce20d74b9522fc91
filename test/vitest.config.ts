import { BaseSequencer, type TestSpecification } from "vitest/node";
import { defineConfig } from "vitest/config";

const conditions = ["@fluxion/source", "module", "import", "node", "default"];
const full = process.env["FLUXION_FULL"] === "1";

/** The files that take longest begin, so that no worker is left with one at the end. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean => /\/(operations|random-programs|new-model|cli|wasm-modules|readmes|neural-ode|steady-state|double-pendulum|integrator-memory)\.(test|full)\.ts$/.test(moduleId);
    return (await super.sort(files)).toSorted((a, b) => Number(isLong(b)) - Number(isLong(a)));
  }
}

export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts", "docs/examples/**/*.test.ts", ...(full ? ["test/**/*.full.ts"] : [])],
    reporters: ["default", "./test/count-reporter.ts"],
    sequence: { sequencer: LongFirst },
    testTimeout: 60_000,
    maxWorkers: 2,
  },
});
