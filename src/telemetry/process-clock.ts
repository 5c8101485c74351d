import type { Instant } from '../tcp/identity.ts';
import { WallClock } from './wall-clock.ts';

/** Taken when the program starts, like the other clock. */
const wall = Date.now;

/** This process's, made when the first time is told: `performance` brings a dozen of Node's modules with it. */
export function processClock(monotonic: () => Instant): () => WallClock {
  let made: WallClock | undefined;
  return () => {
    if (made === undefined) {
      const origin = performance.timeOrigin + performance.now();
      made = new WallClock({ monotonic, wall, origin, originMonotonic: monotonic() });
    }
    return made;
  };
}
