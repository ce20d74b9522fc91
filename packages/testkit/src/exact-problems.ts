import type { Algorithm, InPlaceRhs } from "@fluxion/ode-core";
import { ofStructure } from "./of-structure.ts";

/** A problem with a known solution. */
export interface Exact {
  readonly name: string;
  readonly f: InPlaceRhs;
  readonly u: (t: number) => number[];
}

const wave = (t: number): number[] => [Math.sin(t), 1 + 0.5 * Math.cos(2 * t)];
const exact: readonly Exact[] = [
  {
    name: "rotation with speed t",
    f: (t, u, _p, du) => {
      du[0] = -t * u[1];
      du[1] = t * u[0];
    },
    u: (t) => [Math.cos((t * t) / 2), Math.sin((t * t) / 2)],
  },
  {
    name: "rotation driven by a third component",
    f: (_t, u, _p, du) => {
      du[0] = u[1] * u[2];
      du[1] = -u[0] * u[2];
      du[2] = 1 + 0.5 * (1 - u[0] * u[0] - u[1] * u[1]);
    },
    u: (t) => [Math.sin((t * t) / 2), Math.cos((t * t) / 2), t],
  },
  {
    name: "a nonlinear system made to follow a wave",
    f: (t, u, _p, du) => {
      const [a, b] = wave(t);
      du[0] = Math.cos(t) + u[1] * u[1] - b * b;
      du[1] = -Math.sin(2 * t) - 2 * (u[0] - a);
    },
    u: wave,
  },
];

/** Problems of second order, `u = (q, v)`, whose acceleration does not depend on `v`. */
const secondOrder: readonly Exact[] = [
  {
    name: "a driven oscillator",
    f: (t, u, _p, du) => {
      du[0] = u[1];
      du[1] = -u[0] + 3 * Math.sin(2 * t);
    },
    u: (t) => [Math.cos(t) - Math.sin(2 * t), -Math.sin(t) - 2 * Math.cos(2 * t)],
  },
  {
    name: "a body on a circle about another",
    f: (_t, u, _p, du) => {
      const r3 = Math.hypot(u[0], u[1]) ** 3;
      du[0] = u[2];
      du[1] = u[3];
      du[2] = -u[0] / r3;
      du[3] = -u[1] / r3;
    },
    u: (t) => [Math.cos(t), Math.sin(t), -Math.sin(t), Math.cos(t)],
  },
  {
    name: "two coupled bodies made to follow a wave",
    f: (t, u, _p, du) => {
      const [a, b] = [Math.sin(t), 1 + 0.5 * Math.sin(2 * t)];
      du[0] = u[2];
      du[1] = u[3];
      du[2] = -a + u[1] * u[1] - b * b;
      du[3] = -2 * Math.sin(2 * t) - 2 * (u[0] - a);
    },
    u: (t) => [Math.sin(t), 1 + 0.5 * Math.sin(2 * t), Math.cos(t), Math.cos(2 * t)],
  },
];

/** Three problems with the structure that `algorithm` needs. */
export const exactProblems = (algorithm: Algorithm): readonly Exact[] => ofStructure(algorithm, exact, secondOrder);
