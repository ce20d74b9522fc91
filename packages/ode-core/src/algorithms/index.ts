import { bs3 } from "./bs3.ts";
import { dop853 } from "./dop853.ts";
import { dp5 } from "./dp5.ts";
import { dprkn6 } from "./dprkn6.ts";
import { euler } from "./euler.ts";
import { fbdf } from "./fbdf.ts";
import { heun } from "./heun.ts";
import { implicitEuler } from "./implicit-euler.ts";
import { implicitMidpoint } from "./implicit-midpoint.ts";
import { kahanLi8 } from "./kahan-li8.ts";
import { kenCarp4 } from "./ken-carp4.ts";
import { kvaerno5 } from "./kvaerno5.ts";
import { mcAte4 } from "./mc-ate4.ts";
import { midpoint } from "./midpoint.ts";
import { radauIIA5 } from "./radau-iia5.ts";
import { ralston } from "./ralston.ts";
import { rk4 } from "./rk4.ts";
import { rodas4 } from "./rodas4.ts";
import { rodas5P } from "./rodas5-p.ts";
import { rosenbrock23 } from "./rosenbrock23.ts";
import { ruth3 } from "./ruth3.ts";
import { symplecticEuler } from "./symplectic-euler.ts";
import { trapezoid } from "./trapezoid.ts";
import { trbdf2 } from "./trbdf2.ts";
import { tsit5 } from "./tsit5.ts";
import { vcab3 } from "./vcab3.ts";
import { vcab4 } from "./vcab4.ts";
import { vcab5 } from "./vcab5.ts";
import { vcabm } from "./vcabm.ts";
import { velocityVerlet } from "./velocity-verlet.ts";
import { vern6 } from "./vern6.ts";
import { vern7 } from "./vern7.ts";
import { vern8 } from "./vern8.ts";
import { vern9 } from "./vern9.ts";
import { yoshida6 } from "./yoshida6.ts";

/** Every algorithm of this package by its config name; spread it to add your own. */
export const algorithms: {
  readonly euler: typeof euler;
  readonly midpoint: typeof midpoint;
  readonly heun: typeof heun;
  readonly ralston: typeof ralston;
  readonly rk4: typeof rk4;
  readonly bs3: typeof bs3;
  readonly dp5: typeof dp5;
  readonly tsit5: typeof tsit5;
  readonly vern6: typeof vern6;
  readonly vern7: typeof vern7;
  readonly vern8: typeof vern8;
  readonly vern9: typeof vern9;
  readonly dop853: typeof dop853;
  readonly vcab3: typeof vcab3;
  readonly vcab4: typeof vcab4;
  readonly vcab5: typeof vcab5;
  readonly vcabm: typeof vcabm;
  readonly rosenbrock23: typeof rosenbrock23;
  readonly rodas4: typeof rodas4;
  readonly rodas5P: typeof rodas5P;
  readonly radauIIA5: typeof radauIIA5;
  readonly implicitEuler: typeof implicitEuler;
  readonly trapezoid: typeof trapezoid;
  readonly implicitMidpoint: typeof implicitMidpoint;
  readonly trbdf2: typeof trbdf2;
  readonly kenCarp4: typeof kenCarp4;
  readonly kvaerno5: typeof kvaerno5;
  readonly fbdf: typeof fbdf;
  readonly symplecticEuler: typeof symplecticEuler;
  readonly velocityVerlet: typeof velocityVerlet;
  readonly ruth3: typeof ruth3;
  readonly mcAte4: typeof mcAte4;
  readonly yoshida6: typeof yoshida6;
  readonly kahanLi8: typeof kahanLi8;
  readonly dprkn6: typeof dprkn6;
} = {
  euler,
  midpoint,
  heun,
  ralston,
  rk4,
  bs3,
  dp5,
  tsit5,
  vern6,
  vern7,
  vern8,
  vern9,
  dop853,
  vcab3,
  vcab4,
  vcab5,
  vcabm,
  rosenbrock23,
  rodas4,
  rodas5P,
  radauIIA5,
  implicitEuler,
  trapezoid,
  implicitMidpoint,
  trbdf2,
  kenCarp4,
  kvaerno5,
  fbdf,
  symplecticEuler,
  velocityVerlet,
  ruth3,
  mcAte4,
  yoshida6,
  kahanLi8,
  dprkn6,
};
