import type { Instant } from '../tcp/identity.ts';
import { nextTurn } from './next-turn.ts';

/** How long work over many sockets may hold the event loop at a time, in microseconds, and how often the clock is asked. */
const longestUs = 400;
const betweenClocks = 4;

/**
 * Work over many sockets, cut into slices: the application's event loop is never held for long, however many there
 * are. What the slices take is measured, so that a budget can be kept.
 */
export class Slices {
  readonly #now: () => Instant;
  #startedAt: number | undefined;
  #spent = 0;
  #steps = 0;

  constructor(now: () => Instant) {
    this.#now = now;
  }

  /** Work on the event loop begins; it is to end in the same turn. */
  begin(): void {
    this.#startedAt = this.#now();
  }

  end(): void {
    if (this.#startedAt !== undefined) this.#spent += this.#now() - this.#startedAt;
    this.#startedAt = undefined;
  }

  /** To be asked at each step: whether it is everybody else's turn. */
  isOver(): boolean {
    if (++this.#steps % betweenClocks !== 0 || this.#startedAt === undefined) return false;
    return this.#now() - this.#startedAt >= longestUs;
  }

  /** Of so many microseconds, how many are left in this turn. */
  leftUs(most: number): number {
    return this.#startedAt === undefined ? 0 : most - (this.#now() - this.#startedAt);
  }

  /** Lets everybody else have a turn. */
  async rest(): Promise<void> {
    this.end();
    await nextTurn();
    this.begin();
  }

  /** Microseconds for which the event loop was held so far. */
  get spentUs(): number {
    return this.#spent;
  }
}
