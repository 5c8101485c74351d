import type { Instant } from '../tcp/identity.ts';

/** Seconds and nanoseconds since 1970, as OpenTelemetry takes a time exactly. */
export type HrTime = [seconds: number, nanoseconds: number];

export interface Clocks {
  /** Microseconds on CLOCK_MONOTONIC. */
  readonly monotonic: () => Instant;
  /** Milliseconds since 1970, whole, as the host has them now: NTP and people change it. */
  readonly wall: () => number;
  /** Milliseconds since 1970, with fractions, of a moment whose monotonic time is `originMonotonic`. */
  readonly origin: number;
  readonly originMonotonic: Instant;
}

/** The wall clock may differ from what the monotonic one predicts by so much before it is believed to have been set. */
const toleranceMs = 2;

/**
 * Turns monotonic instants into wall time. The two clocks are compared exactly once, where the process has a precise
 * pair; after that the wall clock's milliseconds serve to notice that it drifted or was set.
 */
export class WallClock {
  readonly #clocks: Clocks;
  #offsetMs: number;

  constructor(clocks: Clocks) {
    this.#clocks = clocks;
    this.#offsetMs = clocks.origin - clocks.originMonotonic / 1000;
  }

  /** To be called now and then. */
  refresh(): void {
    const predicted = this.#clocks.monotonic() / 1000 + this.#offsetMs;
    // Date.now() cuts the fraction off: half a millisecond later is the better guess.
    const error = this.#clocks.wall() + 0.5 - predicted;
    if (Math.abs(error) > toleranceMs) this.#offsetMs += error;
  }

  /** The fraction below a microsecond survives: seconds and the rest are added apart. */
  hrTime(at: Instant): HrTime {
    const offsetSeconds = Math.floor(this.#offsetMs / 1000);
    const offsetNs = Math.round((this.#offsetMs - offsetSeconds * 1000) * 1e6);
    const seconds = Math.floor(at / 1e6);
    const ns = Math.round((at - seconds * 1e6) * 1000) + offsetNs;
    const carry = Math.floor(ns / 1e9);
    return [seconds + offsetSeconds + carry, ns - carry * 1e9];
  }

  iso(at: Instant): string {
    return new Date(at / 1000 + this.#offsetMs).toISOString();
  }
}
