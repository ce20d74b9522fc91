import type { Random } from "./random.ts";

/** Fills the weights `out[fanOut * fanIn]` of a dense layer. */
export type Initializer = (out: Float64Array, fanIn: number, fanOut: number, random: Random) => void;

/** Uniform with variance `2 / (fanIn + fanOut)`. @source Glorot and Bengio 2010, eq. 16 */
export const glorotUniform: Initializer = (out, fanIn, fanOut, random) => {
  const limit = Math.sqrt(6 / (fanIn + fanOut));
  for (let i = 0; i < out.length; i++) out[i] = random.uniform(-limit, limit);
};

/** Normal with variance `2 / (fanIn + fanOut)`. @source Glorot and Bengio 2010, section 4.2.1 */
export const glorotNormal: Initializer = (out, fanIn, fanOut, random) => {
  const sd = Math.sqrt(2 / (fanIn + fanOut));
  for (let i = 0; i < out.length; i++) out[i] = random.normal(0, sd);
};

/** The initialisers by name. */
export const initializers: { readonly glorotUniform: Initializer; readonly glorotNormal: Initializer } = { glorotUniform, glorotNormal };
