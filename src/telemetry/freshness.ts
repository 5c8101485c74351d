import type { Instant } from '../tcp/identity.ts';

/** What was seen holds for so many microseconds at least: the TIME_WAITs of then are gone by the end of them. */
const leastUs = 62e6;

/** No pause between two looks is expected to be longer. */
const longestPauseUs = 300e6;

/**
 * Whether what was seen last still says how it is now. Between two looks it does, and for as long again: a look may come
 * late. After that nobody looks any more, and the last number would be told for ever.
 */
export class Freshness {
  #at: Instant | undefined;
  #holdsUs = leastUs;

  /** Something was seen; the next look comes after so many microseconds, at the earliest. */
  seen(at: Instant, everyUs = 0): void {
    const pauseUs = this.#at === undefined ? 0 : at - this.#at;
    this.#holdsUs = Math.max(leastUs, 2 * Math.max(everyUs, Math.min(pauseUs, longestPauseUs)));
    this.#at = at;
  }

  isFresh(now: Instant): boolean {
    return this.#at !== undefined && now - this.#at <= this.#holdsUs;
  }
}
