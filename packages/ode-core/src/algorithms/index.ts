import { euler } from "./euler.ts";
import { rk4 } from "./rk4.ts";
import { tsit5 } from "./tsit5.ts";

/** Every algorithm of this package by its config name; spread it to add your own. */
export const algorithms: { readonly euler: typeof euler; readonly rk4: typeof rk4; readonly tsit5: typeof tsit5 } = { euler, rk4, tsit5 };
