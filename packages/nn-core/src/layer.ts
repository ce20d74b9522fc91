import type { Shape, Tensor } from "@fluxion/autodiff";
import type { ParamShapes, ParamTree, ParamView } from "./parameter-layout.ts";
import type { Random } from "./random.ts";

/** A function `y[outputs] = f(params, x[inputs])`. A layer holds no parameters, only their shapes. */
export interface Layer<S extends ParamShapes = ParamShapes> {
  readonly inputs: number;
  readonly outputs: number;
  /** Shapes of its named parameters. */
  readonly params: S;
  /** Writes fresh parameters. */
  init(params: ParamTree<S, ParamView>, random: Random): void;
  /** The traced result for one input; use `vmap` for several. */
  apply(params: ParamTree<S, Tensor>, x: Tensor): Tensor;
}

/** Makes a network for given numbers of inputs and outputs: what a dynamics model asks for. */
export type Network = (inputs: number, outputs: number) => Layer;

/** Parameters of a dense layer. */
export interface DenseParams extends ParamShapes {
  readonly weight: Shape;
  readonly bias: Shape;
}
