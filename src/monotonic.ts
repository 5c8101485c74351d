import { type Instant, instant } from './tcp/identity.ts';

/** CLOCK_MONOTONIC in microseconds, with fractions. */
export function now(): Instant {
  const [seconds, nanoseconds] = process.hrtime();
  return instant(seconds * 1e6 + nanoseconds / 1e3);
}
