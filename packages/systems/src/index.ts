export { doublePendulum, type DoublePendulumOptions } from "./double-pendulum.ts";
export { massSpring, type MassSpringOptions } from "./mass-spring.ts";
export { hamiltonianEnergy, hamiltonianField, lagrangianField, type MechanicalSystem } from "./mechanical-system.ts";
export { pendulum, type PendulumOptions } from "./pendulum.ts";
export { sampleStates } from "./sample-states.ts";
export { systems } from "./systems.ts";
