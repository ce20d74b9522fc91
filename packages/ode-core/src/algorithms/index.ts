import { euler } from "./euler.ts";
import { kahanLi8 } from "./kahan-li8.ts";
import { mcAte4 } from "./mc-ate4.ts";
import { rk4 } from "./rk4.ts";
import { rodas4 } from "./rodas4.ts";
import { rodas5P } from "./rodas5-p.ts";
import { rosenbrock23 } from "./rosenbrock23.ts";
import { ruth3 } from "./ruth3.ts";
import { symplecticEuler } from "./symplectic-euler.ts";
import { tsit5 } from "./tsit5.ts";
import { velocityVerlet } from "./velocity-verlet.ts";
import { yoshida6 } from "./yoshida6.ts";

/** Every algorithm of this package by its config name; spread it to add your own. */
export const algorithms: {
  readonly euler: typeof euler;
  readonly rk4: typeof rk4;
  readonly tsit5: typeof tsit5;
  readonly rosenbrock23: typeof rosenbrock23;
  readonly rodas4: typeof rodas4;
  readonly rodas5P: typeof rodas5P;
  readonly symplecticEuler: typeof symplecticEuler;
  readonly velocityVerlet: typeof velocityVerlet;
  readonly ruth3: typeof ruth3;
  readonly mcAte4: typeof mcAte4;
  readonly yoshida6: typeof yoshida6;
  readonly kahanLi8: typeof kahanLi8;
} = {
  euler,
  rk4,
  tsit5,
  rosenbrock23,
  rodas4,
  rodas5P,
  symplecticEuler,
  velocityVerlet,
  ruth3,
  mcAte4,
  yoshida6,
  kahanLi8,
};
