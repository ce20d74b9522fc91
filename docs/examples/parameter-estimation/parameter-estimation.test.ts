import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

const outputOf = (program: string, ...args: string[]): string =>
  execFileSync(process.execPath, [path("../../../node_modules/tsx/dist/cli.mjs"), "-C", "@fluxion/source", path(program), ...args], { encoding: "utf8" });

/** The parameters, their standard errors and true values, as the program prints them. */
function run(...args: string[]): { found: number[]; errors: number[]; truth: number[]; steps: number } {
  const output = outputOf("parameter-estimation.ts", ...args);
  const lines = [...output.matchAll(/= ([\d.]+) \+- ([\d.]+), in truth ([\d.]+)/g)];
  const [found, errors, truth] = [1, 2, 3].map((k) => lines.map((line) => Number(line[k])));
  return { found, errors, truth, steps: Number(/(\d+) steps/.exec(output)![1]) };
}

const distance = (x: readonly number[], y: readonly number[]): number => Math.max(...x.map((v, i) => Math.abs(v - y[i])));
const { found, errors, truth, steps } = run();

test("it finds the parameters to what the noise allows", () => {
  expect(truth).toEqual([1.5, 1, 3, 1]);
  // Standard errors are up to 0.014; it starts 0.5 away.
  expect(Math.max(...errors)).toBeLessThan(0.02);
  found.forEach((x, i) => expect(Math.abs(x - truth[i])).toBeLessThan(3 * errors[i]));
  expect(steps).toBeLessThan(20);
});

test("finiteDifference finds the same minimum to what the tolerance of 1e-6 allows", () => {
  expect(distance(run("finiteDifference").found, found)).toBeLessThan(1e-5);
});

test("epidemic.ts finds both rates from one component that is not observed every day, and free of the noise at the start several times as well", () => {
  const [free, first] = [...outputOf("epidemic.ts").matchAll(/^(free start|first observation): .*off by ([\d.]+) %$/gm)].map(([, , error]) => Number(error));
  // 1.1 and 10.1; with other seeds 0.5 to 1.6 and 1.9 to 35.
  expect(free).toBeLessThan(3);
  expect(first / free).toBeGreaterThan(2);
});
