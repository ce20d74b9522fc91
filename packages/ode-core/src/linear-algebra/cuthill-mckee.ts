import { OdeError, shown } from "../errors.ts";
import type { Bandwidth } from "../vector-field.ts";
import { inverse } from "./permute.ts";

/**
 * An order of the components in which a sparse Jacobian is a narrow band, by the reverse Cuthill-McKee method: `vectorField(f, { dim, bandwidth: cuthillMckee(dependencies) })`
 * for grids in two dimensions, circles, networks of reactions. On a grid of `a` by `b` points with `s` variables each the band is about `2 s min(a, b)` wide. The state keeps its own order.
 *
 * @param dependencies - For each of the `n` components those that its derivative depends on, `[n][...]`, in any order; itself need not be among them. More than there are do no harm.
 * @returns The widths of the band, and `order[n]`. Costs about as much as sorting all dependencies.
 * @throws OdeError `INVALID_ARGUMENT` for what is not a list of lists of components.
 * @source Cuthill and McKee, Proc. 24th ACM National Conf. (1969) 157-172, reversed as by George (1971); starts by George and Liu, ACM TOMS 5 (1979) 284-295.
 */
export function cuthillMckee(dependencies: readonly ArrayLike<number>[]): Bandwidth & { readonly order: Int32Array } {
  const neighbours = symmetric(dependencies);
  const n = neighbours.length;
  const visited = new Uint8Array(n);
  const order = new Int32Array(n);
  let end = 0;
  const byDegree = Array.from(neighbours.keys()).sort((i, j) => neighbours[i].length - neighbours[j].length);
  for (const some of byDegree) {
    if (visited[some]) continue;
    const { reached } = levelsFrom(farFrom(some, neighbours), neighbours);
    for (const i of reached) {
      visited[i] = 1;
      order[n - 1 - end++] = i;
    }
  }
  return { ...widths(dependencies, order), order };
}

/** The band of all dependencies in an order. */
function widths(dependencies: readonly ArrayLike<number>[], order: Int32Array): { lower: number; upper: number } {
  const place = inverse(order);
  let [lower, upper] = [0, 0];
  dependencies.forEach((row, i) => {
    for (let k = 0; k < row.length; k++) {
      const below = place[i] - place[row[k]];
      lower = Math.max(lower, below);
      upper = Math.max(upper, -below);
    }
  });
  return { lower, upper };
}

/** For each component the others that it depends on, or that depend on it, those with the fewest such first. */
function symmetric(dependencies: readonly ArrayLike<number>[]): readonly (readonly number[])[] {
  const wrong = (what: string): OdeError => new OdeError("INVALID_ARGUMENT", `Cannot order components as dependencies must list for each component those that it depends on: ${what}`);
  if (!Array.isArray(dependencies)) throw wrong(`current value is ${shown(dependencies)}`);
  const n = dependencies.length;
  const sets = Array.from({ length: n }, () => new Set<number>());
  for (const [i, row] of (dependencies as readonly ArrayLike<number>[]).entries()) {
    if (typeof row !== "object" || row === null || !(row.length >= 0)) throw wrong(`those of component ${i} are ${shown(row)}`);
    for (let k = 0; k < row.length; k++) {
      const j = row[k];
      if (!(Number.isInteger(j) && j >= 0 && j < n)) throw wrong(`those of component ${i} have ${shown(j)}, of ${n}`);
      if (i === j) continue;
      sets[i].add(j);
      sets[j].add(i);
    }
  }
  return sets.map((set) => [...set].sort((i, j) => sets[i].size - sets[j].size || i - j));
}

/** All that can be reached from a component, level by level, and where the last level begins. */
interface Levels {
  readonly reached: readonly number[];
  readonly depth: number;
  readonly last: number;
}

function levelsFrom(start: number, neighbours: readonly (readonly number[])[]): Levels {
  const reached = [start];
  const seen = new Set(reached);
  let [depth, last] = [0, 0];
  for (let begin = 0; ; depth++) {
    const end = reached.length;
    for (let k = begin; k < end; k++) {
      for (const j of neighbours[reached[k]]) {
        if (seen.has(j)) continue;
        seen.add(j);
        reached.push(j);
      }
    }
    if (reached.length === end) return { reached, depth, last };
    [begin, last] = [end, end];
  }
}

/** A component with as many levels from it as are easily found. */
function farFrom(start: number, neighbours: readonly (readonly number[])[]): number {
  let found = start;
  let levels = levelsFrom(start, neighbours);
  for (;;) {
    const candidate = levels.reached.slice(levels.last).reduce((best, i) => (neighbours[i].length < neighbours[best].length ? i : best));
    const farther = levelsFrom(candidate, neighbours);
    if (farther.depth <= levels.depth) return found;
    [found, levels] = [candidate, farther];
  }
}
