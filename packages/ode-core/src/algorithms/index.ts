import { euler } from "./euler.ts";
import { rk4 } from "./rk4.ts";
import { rodas4 } from "./rodas4.ts";
import { rodas5P } from "./rodas5-p.ts";
import { rosenbrock23 } from "./rosenbrock23.ts";
import { tsit5 } from "./tsit5.ts";

/** Every algorithm of this package by its config name; spread it to add your own. */
export const algorithms: {
  readonly euler: typeof euler;
  readonly rk4: typeof rk4;
  readonly tsit5: typeof tsit5;
  readonly rosenbrock23: typeof rosenbrock23;
  readonly rodas4: typeof rodas4;
  readonly rodas5P: typeof rodas5P;
} = { euler, rk4, tsit5, rosenbrock23, rodas4, rodas5P };
