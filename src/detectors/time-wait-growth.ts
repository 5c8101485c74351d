import type { Instant } from '../tcp/identity.ts';
import type { Forecast } from './detector.ts';
import { Growth } from './growth.ts';

/** What is added for a minute stays for a minute: after that as many go as come. */
const minuteS = 60;

/** The timers of TIME_WAIT are two seconds wide. */
const fullS = 58;

/** A burst of a moment is no rate. */
const leastS = 5;

const leastLooks = 5;
const withinTheHour = 3600;

/** Looks differ by chance: what grows by less of itself in a minute does not grow. */
const leastGrowth = 0.02;

/** Where the TIME_WAITs of a place are going to. */
export class TimeWaitGrowth {
  /** Of minutes that are full: before that each look shows more, however few are added. */
  readonly #full = new Growth();
  #looks = 0;

  look(at: Instant, count: number, oldestS: number): void {
    this.#looks++;
    if (oldestS >= fullS) this.#full.look(at, count);
  }

  /** When the limit is reached, if it is within the hour. */
  forecast(count: number, perSecond: number, limit: number): Forecast | undefined {
    if (this.#looks < leastLooks || count >= limit) return undefined;
    if (perSecond * minuteS >= limit) return { limit, reached_in_s: Math.round((limit - count) / perSecond) };
    const forecast = this.#full.forecast({ usage: count, limit });
    const grows = this.#full.perMinute >= count * leastGrowth;
    return grows && forecast && forecast.reached_in_s <= withinTheHour ? forecast : undefined;
  }
}

/** Connections a second that add to it. */
export function perSecondOf(count: number, oldestS: number): number {
  return count / Math.max(leastS, Math.min(minuteS, oldestS));
}
