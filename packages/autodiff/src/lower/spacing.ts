import type { Tensor } from "../tensor.ts";

/** Rows of so many numbers: what stands below one another in them shares few sets of the cache. */
export const longRow = 64;
/** Numbers between two arrays of such rows that keep them in different sets. */
const gap = 8;

/** Numbers to leave free behind an array: shorter rows follow one another without a gap, so that one loop passes over those of several arrays. */
export const gapBehind = ({ shape }: Tensor): number => ((shape.at(-1) ?? 1) < longRow ? 0 : gap);
