import { abs, minimum, mul, sub, type Tensor } from "@fluxion/autodiff";
import { option, readOptions, type NoOptions } from "@fluxion/ode-core";

/** A penalty for each residual (prediction minus target); a loss is its mean. */
export interface Loss {
  readonly name: string;
  /** Penalty of each entry, traced: entry by entry, as the residuals may be given with others, of which no use is made, behind them. */
  penalty(residual: Tensor): Tensor;
}

/** `r^2`. */
export function meanSquaredError(options: NoOptions = {}): Loss {
  readOptions("meanSquaredError", options, {});
  return { name: "meanSquaredError", penalty: (r) => mul(r, r) };
}

/** `|r|`, less moved by outliers. */
export function meanAbsoluteError(options: NoOptions = {}): Loss {
  readOptions("meanAbsoluteError", options, {});
  return { name: "meanAbsoluteError", penalty: abs };
}

/** Quadratic up to `delta`, linear beyond: `r^2 / 2` or `delta (|r| - delta / 2)`. @source Huber 1964 */
export function huber(options: {
  /** Residuals up to this are squared. Default 1. */
  readonly delta?: number | undefined;
} = {}): Loss {
  const { delta } = readOptions("huber", options, { delta: option.positive(1) });
  return {
    name: "huber",
    // With c = min(|r|, delta) both branches are c (|r| - c / 2).
    penalty: (r) => {
      const c = minimum(abs(r), delta);
      return mul(c, sub(abs(r), mul(0.5, c)));
    },
  };
}

/** The losses by name, for configs. */
export const losses: { readonly meanSquaredError: typeof meanSquaredError; readonly meanAbsoluteError: typeof meanAbsoluteError; readonly huber: typeof huber } = {
  meanSquaredError,
  meanAbsoluteError,
  huber,
};
