/**
 * `w_1 k_1 + w_2 k_2 + ...` as source text, from the first term on and without those of weight zero.
 *
 * @param term - The source text of `k_i`, i counting from 1.
 */
export function linearSum(weights: readonly number[], term: (i: number) => string): string {
  let text = "";
  weights.forEach((w, i) => {
    if (w === 0) return;
    const size = Math.abs(w);
    const product = size === 1 ? term(i + 1) : `${size} * ${term(i + 1)}`;
    if (text === "") text = w < 0 ? `-${product}` : product;
    else text += ` ${w < 0 ? "-" : "+"} ${product}`;
  });
  return text === "" ? "0" : text;
}

/** The weights that are not zero, each with the number of its stage, counting from 1. */
export const terms = (row: readonly number[]): [weight: number, stage: number][] => row.map((w, i): [number, number] => [w, i + 1]).filter(([w]) => w !== 0);

/** Numbers, counting from 1, of the stages that any of the rows weighs. */
export function usedStages(...rows: readonly (readonly number[])[]): number[] {
  const count = Math.max(...rows.map((row) => row.length));
  return Array.from({ length: count }, (_, i) => i + 1).filter((i) => rows.some((row) => (row[i - 1] ?? 0) !== 0));
}

/** The numbers of terms that the rows have, in order. */
export const termCounts = (rows: readonly (readonly number[])[]): number[] => [...new Set(rows.map((row) => terms(row).length))].toSorted((a, b) => a - b);

/** The terms of a row as arguments of a sum over `k`, which holds all stages of `n` numbers: weights, and where their stages begin. */
export function sumArguments(row: readonly number[]): string {
  const begin = (i: number): string => (i === 1 ? "0" : i === 2 ? "n" : `${i - 1} * n`);
  return terms(row).map(([weight, i]) => `${weight}, ${begin(i)}`).join(", ");
}
