import { expect } from "vitest";
import { train } from "./page.ts";

/** What a page computes, or another version of Node.js. */
export interface PageResult {
  /** The backend in use. */
  readonly backend: string;
  /** Right-hand side and vector-Jacobian product of the network before training. */
  readonly kernels: readonly number[];
  /** The losses of 20 steps. */
  readonly losses: readonly number[];
  /** The end of a solve of ten components, whose sums over stages are WebAssembly's where a page may use it. */
  readonly ring: readonly number[];
}

/** Compares with what this process computes: sums and products to the last bit, kernels to 1e-12 of the largest number; training adds rounding to rounding. */
export async function expectSameNumbers({ kernels, losses, ring }: PageResult): Promise<void> {
  const here = await train();
  const largest = Math.max(...here.kernels.map(Math.abs));
  expect([kernels.length, losses.length]).toEqual([here.kernels.length, 20]);
  expect(ring).toEqual(here.ring);
  kernels.forEach((x, i) => expect(Math.abs(x - here.kernels[i])).toBeLessThan(1e-12 * largest));
  losses.forEach((loss, i) => expect(Math.abs(loss - here.losses[i])).toBeLessThan(1e-10 * here.losses[i]));
}
