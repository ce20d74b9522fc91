import type { Interpolant, Stepper } from "./algorithm.ts";
import type { RkMemory } from "./rk-memory.ts";

/** What all steppers of explicit Runge-Kutta methods hand on to their memory. */
export abstract class RkStepper implements Stepper {
  protected readonly memory: RkMemory;

  constructor(memory: RkMemory) {
    this.memory = memory;
  }

  get nf(): number {
    return this.memory.nf;
  }

  abstract step(t: number, h: number, u: Float64Array, out: Float64Array): boolean;

  start(slope: Float64Array): void {
    this.memory.start(slope);
  }

  accept(): void {
    this.memory.accept();
  }

  reset(): void {
    this.memory.hasFirst = false;
  }

  capture(): Interpolant {
    return this.memory.capture();
  }

  interpolate(theta: number, out: Float64Array): void {
    this.memory.interpolate(theta, out);
  }

  release(): void {
    this.memory.release();
  }
}
