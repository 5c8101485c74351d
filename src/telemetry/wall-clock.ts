import { type WallOffset, wallTimeOf } from '../connection/wall-time.ts';
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

interface Offset extends WallOffset {
  ms: number;
}

/** The clocks are compared so often, when times are asked for. */
const refreshUs = 1_000_000;

/** A correction as large as this means that the clock was set: what began before keeps the time that it had then. */
const setMs = 10;

/** So many settings of the clock are remembered. */
const mostOffsets = 8;

/**
 * Turns monotonic instants into wall time. The process starts with a precise pair of both clocks. After that the wall
 * clock, which JavaScript is told in whole milliseconds, gives bounds: the offset stays as it is while it lies within
 * them, and follows them where the clock drifts or is set.
 */
export class WallClock {
  readonly #clocks: Clocks;
  readonly #offsets: Offset[];
  #comparedAt: Instant;

  constructor(clocks: Clocks) {
    this.#clocks = clocks;
    this.#comparedAt = clocks.originMonotonic;
    this.#offsets = [{ since: 0 as Instant, ms: clocks.origin - clocks.originMonotonic / 1000 }];
  }

  /**
   * The times of something that began at `start`, all by the offset that held then: no setting of the clock makes a
   * duration wrong or negative, and what began under another span lies within it.
   */
  timesSince(start: Instant): (at: Instant) => HrTime {
    this.refresh();
    const offset = this.#offsetAt(start).ms;
    return (at) => hrTime(at, offset);
  }

  iso(at: Instant): string {
    return wallTimeOf(at, this.offsets());
  }

  /** As they are now, the latest first. */
  offsets(): readonly WallOffset[] {
    this.refresh();
    return this.#offsets.map(({ since, ms }) => ({ since, ms }));
  }

  /** Compares the clocks, when that is due. */
  refresh(): void {
    const before = this.#clocks.monotonic();
    const comparedAt = this.#comparedAt;
    if (before - comparedAt < refreshUs) return;
    this.#comparedAt = before;
    const wall = this.#clocks.wall();
    // The millisecond that is shown began at most one ago, and whoever reads the clocks may be held up in between.
    const least = wall - this.#clocks.monotonic() / 1000;
    const most = wall + 1 - before / 1000;
    const [current] = this.#offsets;
    if (current === undefined) return;
    const corrected = Math.min(Math.max(current.ms, least), most);
    if (Math.abs(corrected - current.ms) < setMs) current.ms = corrected;
    else {
      // It was set at some time since they were compared last, most likely while nothing happened.
      this.#offsets.unshift({ since: comparedAt, ms: corrected });
      this.#offsets.length = Math.min(this.#offsets.length, mostOffsets);
    }
  }

  #offsetAt(at: Instant): Offset {
    const held = this.#offsets.find(({ since }) => since <= at);
    return held ?? (this.#offsets.at(-1) as Offset);
  }
}

/** The fraction below a microsecond survives: seconds and the rest are added apart. */
function hrTime(at: Instant, offsetMs: number): HrTime {
  const offsetSeconds = Math.floor(offsetMs / 1000);
  const offsetNs = Math.round((offsetMs - offsetSeconds * 1000) * 1e6);
  const seconds = Math.floor(at / 1e6);
  const ns = Math.round((at - seconds * 1e6) * 1000) + offsetNs;
  const carry = Math.floor(ns / 1e9);
  return [seconds + offsetSeconds + carry, ns - carry * 1e9];
}
