import { OdeError } from "@fluxion/ode-core";
import { reshape, slice, type Shape, type Tensor } from "@fluxion/autodiff";

/** Shapes of named parameter arrays, nested as the model is. */
export interface ParamShapes {
  readonly [name: string]: Shape | ParamShapes;
}

/** The same nesting with something else, an array or a view, in place of each shape. */
export type ParamTree<S, T> = { readonly [K in keyof S]: S[K] extends Shape ? T : ParamTree<S[K], T> };

/** One named array inside the flat parameter vector: row-major, `data` is a view. */
export interface ParamView {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** Where one named array stands in the flat vector. */
export interface ParamEntry {
  /** Names from the root, joined by dots: `layers.0.weight`. */
  readonly path: string;
  readonly shape: Shape;
  readonly offset: number;
  readonly size: number;
}

/** How a tree of named arrays lies in one flat vector. */
export interface ParamLayout<S extends ParamShapes> {
  readonly shapes: S;
  /** Length of the flat vector. */
  readonly size: number;
  readonly entries: readonly ParamEntry[];
  /** The traced flat vector as a tree of traced arrays. */
  unflatten(p: Tensor): ParamTree<S, Tensor>;
  /** Named windows on a flat vector; writing to them writes to it. @throws OdeError `SHAPE_MISMATCH` */
  views(p: Float64Array): ParamTree<S, ParamView>;
}

const isShape = (x: Shape | ParamShapes): x is Shape => Array.isArray(x);

/** Lays named arrays out one after another, in the order of their declaration. @throws OdeError `INVALID_ARGUMENT` for names with dots, which paths are joined by. */
export function parameterLayout<S extends ParamShapes>(shapes: S): ParamLayout<S> {
  const entries: ParamEntry[] = [];
  let size = 0;
  const visit = (node: ParamShapes, prefix: string): void => {
    for (const [name, child] of Object.entries(node)) {
      if (name.includes(".")) throw new OdeError("INVALID_ARGUMENT", `Cannot lay out parameters as names must be without dots: got "${name}"`);
      if (!isShape(child)) visit(child, `${prefix}${name}.`);
      else {
        const length = child.reduce((n, s) => n * s, 1);
        entries.push({ path: prefix + name, shape: child, offset: size, size: length });
        size += length;
      }
    }
  };
  visit(shapes, "");
  const build = <T>(make: (entry: ParamEntry) => T): ParamTree<S, T> => {
    let next = 0;
    const walk = (node: ParamShapes): unknown =>
      Object.fromEntries(Object.entries(node).map(([name, child]) => [name, isShape(child) ? make(entries[next++]) : walk(child)]));
    return walk(shapes) as ParamTree<S, T>;
  };
  return {
    shapes,
    size,
    entries,
    unflatten: (p) => build(({ offset, size: n, shape }) => reshape(slice(p, offset, offset + n), shape)),
    views: (p) => {
      if (p.length !== size) throw new OdeError("SHAPE_MISMATCH", `Cannot view the parameters as their number must be ${size}: current length is ${p.length}`);
      return build(({ offset, size: n, shape }) => ({ shape, data: p.subarray(offset, offset + n) }));
    },
  };
}
