import { type Instant, instant } from './tcp/identity.ts';

/** Taken when the program starts: one that replaces the clocks for its tests replaces not ours. */
const { hrtime } = process;

/** CLOCK_MONOTONIC in microseconds, with fractions. */
export function now(): Instant {
  const time = hrtime();
  return instant(time[0] * 1e6 + time[1] / 1e3);
}
