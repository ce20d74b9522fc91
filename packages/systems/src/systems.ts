import { doublePendulum } from "./double-pendulum.ts";
import { massSpring } from "./mass-spring.ts";
import { pendulum } from "./pendulum.ts";

/** The systems by name, for configs. */
export const systems: {
  readonly doublePendulum: typeof doublePendulum;
  readonly massSpring: typeof massSpring;
  readonly pendulum: typeof pendulum;
} = { doublePendulum, massSpring, pendulum };
