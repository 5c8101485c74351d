import type { Instant } from '../tcp/identity.ts';

/** Of a full second's spans, this share is kept for connections that something happened to. */
const keptForNotable = 0.2;

/**
 * Lets so many spans through in a second, a second's worth at once. What is over it is dropped and counted; the spans of
 * notable connections are the last to go.
 */
export class SpanLimit {
  readonly #perSecond: number;
  readonly #firstDropped: () => void;
  #left: number;
  #filledAt: Instant | undefined;
  #told = 0;
  #dropped = 0;

  /** `firstDropped` is called once. */
  constructor(perSecond: number, firstDropped: () => void = () => {}) {
    this.#perSecond = perSecond;
    this.#firstDropped = firstDropped;
    this.#left = perSecond;
  }

  admits(notable: boolean, now: Instant): boolean {
    if (!this.hasRoom(notable, now)) {
      this.drop(1);
      return false;
    }
    this.#left--;
    this.#told++;
    return true;
  }

  /** Whether so many would be let through now. */
  hasRoom(notable: boolean, now: Instant, count = 1): boolean {
    this.#refill(now);
    const kept = notable || this.#perSecond < 2 ? 0 : Math.ceil(this.#perSecond * keptForNotable);
    // A limit that has never room for so many lets them come one by one.
    return this.#left - kept >= Math.max(1, Math.min(count, this.#perSecond - kept));
  }

  /** So many are left out unseen. */
  drop(count: number): void {
    if (this.#dropped === 0) this.#firstDropped();
    this.#dropped += count;
  }

  /** The span that was let through is none: a sampler had decided against it. */
  giveBack(): void {
    this.#left++;
    this.#told--;
  }

  get told(): number {
    return this.#told;
  }

  get dropped(): number {
    return this.#dropped;
  }

  #refill(now: Instant): void {
    const since = this.#filledAt === undefined ? 0 : Math.max(0, now - this.#filledAt);
    this.#left = Math.min(this.#perSecond, this.#left + (since / 1e6) * this.#perSecond);
    this.#filledAt = now;
  }
}
