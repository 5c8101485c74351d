import { type Instant, instant } from './tcp/identity.ts';

/** Taken when the program starts: one that replaces the clocks for its tests replaces not ours. */
const { performance } = globalThis;
const sinceStart = performance.now.bind(performance);

/** Both read CLOCK_MONOTONIC: this one from its beginning, in milliseconds, and in a third of the time. */
const origin = beginning();

/** CLOCK_MONOTONIC in microseconds, with fractions. */
export function now(): Instant {
  return instant(origin + sinceStart() * 1000);
}

function beginning(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + nanoseconds / 1e3 - sinceStart() * 1000;
}
