import type { Instant } from '../tcp/identity.ts';

const minuteUs = 60_000_000;

/** So many in any minute, and not one more: no minute begins anew with a burst. */
export class PerMinute {
  readonly #most: number;
  /** When the last ones were, the oldest first; never more than `#most`. */
  readonly #times: Instant[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  allows(at: Instant): boolean {
    const [oldest] = this.#times;
    return this.#times.length < this.#most || oldest === undefined || at - oldest >= minuteUs;
  }

  note(at: Instant): void {
    this.#times.push(at);
    if (this.#times.length > this.#most) this.#times.shift();
  }
}
