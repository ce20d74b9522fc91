import { defineConfig } from "vitest/config";

const conditions = ["@fluxion/source", "module", "import", "node", "default"];
const full = process.env["FLUXION_FULL"] === "1";

export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts", "docs/examples/**/*.test.ts", ...(full ? ["test/**/*.full.ts"] : [])],
    reporters: ["default", "./test/count-reporter.ts"],
    testTimeout: 60_000,
    maxWorkers: 2,
  },
});
