import type { Instant } from '../tcp/identity.ts';
import type { Forecast } from './detector.ts';

/** Ports that are taken towards one destination, as one census shows it. */
interface Taken {
  readonly at: Instant;
  /** By connections that are open or on their way out. */
  readonly held: number;
  /** By TIME_WAITs that no new connection may take over. */
  readonly waiting: number;
}

export interface PortForecast extends Forecast {
  readonly perMinute: number;
}

const leastLooks = 5;
const mostLooks = 128;
const leastGapUs = 1e6;

/** TCP_TIMEWAIT_LEN (include/net/tcp.h), with what the timer wheel adds to it: up to 62 s were measured. */
const lifetimeS = 60;
const lifetimeUs = 62e6;

/** A stretch of time is looked at in so many parts. */
const mostParts = 6;

const whileUs = 20e6;

const hourS = 3600;
/** Nobody can see further ahead than so many times as far as was looked back. */
const furthest = 12;

/**
 * How the ports of one destination have filled. TIME_WAITs come to an end by themselves: r connections a second that
 * are closed from here make 60 × r of them and no more, so that growth within a minute says only where that will end.
 *
 *     ports                   healthy     ports         · limit ·    sick
 *       │ · · limit · · · · · · · ·         │ · · · · · · · ╱ · · ·
 *       │            ____________           │            ╱
 *       │         ╱                         │         ╱   60 s × the growth, and what was there before,
 *       │      ╱   the first go, as         │      ╱      is more than there are ports
 *       │   ╱      many as come             │   ╱
 *       └──────────┴─────────────           └──────────┴──────────
 *       0         60 s                      0         60 s
 */
export class PortTrend {
  readonly #looks: Taken[] = [];

  look(at: Instant, held: number, waiting: number): void {
    // Looks in quick succession share a place, so that the places reach back for minutes.
    const before = this.#looks.at(-2);
    if (before !== undefined && at - before.at < leastGapUs) this.#looks.pop();
    this.#looks.push({ at, held, waiting });
    if (this.#looks.length > mostLooks) this.#looks.shift();
  }

  /** When all ports are taken if it goes on like this; undefined when it is not within the hour, or not known yet. */
  forecast(limit: number): PortForecast | undefined {
    const now = this.#looks.at(-1);
    if (now === undefined || this.#looks.length < leastLooks) return undefined;
    const left = Math.max(0, limit - all(now));
    const rates = [this.#filling(limit, now), this.#pilingUp(left), this.#rising(left)];
    const rate = Math.max(...rates.map((known) => known ?? 0));
    return rate > 0 ? { limit, reached_in_s: Math.round(left / rate), perMinute: rate * 60 } : undefined;
  }

  /** Ports a second, where the limit comes before the first of the new TIME_WAITs goes. */
  #filling(limit: number, now: Taken): number | undefined {
    const recent = this.#looks.slice(-leastLooks);
    const rate = steadyRate(recent, all);
    // TIME_WAITs from before this growth are gone by now, and others in their place: they come as fast as they go.
    const before = this.#looks.findLast(({ at }) => now.at - at >= lifetimeUs)?.waiting ?? 0;
    return now.held + before + rate * lifetimeS >= limit ? rate : undefined;
  }

  /** Connections that stay open: nothing brings their ports back. */
  #pilingUp(left: number): number | undefined {
    return this.#sustained(left, held, 0);
  }

  /** Growth that goes on for longer than TIME_WAITs last: more come from minute to minute. */
  #rising(left: number): number | undefined {
    return this.#sustained(left, all, 2.5 * lifetimeUs);
  }

  /** Over the last looks, and no less than a while: TIME_WAITs go in clumps, as the timer wheel has it. */
  #recent(count: (taken: Taken) => number): number {
    const now = this.#looks.at(-1)?.at ?? 0;
    const since = this.#looks.findLastIndex(({ at }) => now - at >= whileUs);
    return rateOf(this.#looks.slice(Math.min(Math.max(since, 0), this.#looks.length - leastLooks)), count);
  }

  /** Ports a second, where some stretch up to now has grown by that in all its parts, enough to come to the limit. */
  #sustained(left: number, count: (taken: Taken) => number, leastSpanUs: number): number | undefined {
    const recent = this.#recent(count);
    for (let size = leastLooks; recent > 0; size *= 2) {
      const looks = this.#looks.slice(-size);
      const span = spanOf(looks);
      const rate = Math.min(recent, rateOf(looks, count));
      const near = left / rate <= Math.min(hourS, (furthest * span) / 1e6);
      if (span >= leastSpanUs && rate > 0 && near && growsThroughout(looks, count)) return rate;
      if (size >= this.#looks.length) return undefined;
    }
    return undefined;
  }
}

function all({ held, waiting }: Taken): number {
  return held + waiting;
}

function held(taken: Taken): number {
  return taken.held;
}

function spanOf(looks: readonly Taken[]): number {
  const first = looks.at(0);
  const last = looks.at(-1);
  return first && last ? last.at - first.at : 0;
}

function rateOf(looks: readonly Taken[], count: (taken: Taken) => number): number {
  const first = looks.at(0);
  const last = looks.at(-1);
  return first && last && last.at > first.at ? ((count(last) - count(first)) / (last.at - first.at)) * 1e6 : 0;
}

/** No part of it lags far behind the whole: two steps with a level between them are not growth. */
function growsThroughout(looks: readonly Taken[], count: (taken: Taken) => number): boolean {
  const whole = rateOf(looks, count);
  const parts = Math.min(mostParts, looks.length - 1);
  for (let part = 0; part < parts; part++) {
    const from = Math.floor((part * (looks.length - 1)) / parts);
    const to = Math.floor(((part + 1) * (looks.length - 1)) / parts);
    if (rateOf(looks.slice(from, to + 1), count) < whole / 2) return false;
  }
  return true;
}

/** The median from look to look, or the last where that is less; 0 unless each has more than the one before it. */
function steadyRate(looks: readonly Taken[], count: (taken: Taken) => number): number {
  const rates = looks.slice(1).map((look, index) => rateOf([looks[index] ?? look, look], count));
  const last = rates.at(-1) ?? 0;
  const sorted = rates.toSorted((one, other) => one - other);
  return Math.min(...sorted) > 0 ? Math.min(last, sorted[sorted.length >> 1] ?? 0) : 0;
}
