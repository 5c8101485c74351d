import { type Instant, instant } from '../tcp/identity.ts';

/** A look that is later than this, in microseconds, is late because the loop was blocked, however rarely one is due. */
const mostLateUs = 2_500_000;

/**
 * A clock that stands still while the event loop is blocked. Nothing can be said to neglect a socket while no
 * JavaScript runs, so patience is counted in the loop's own time.
 */
export class LoopClock {
  #last: Instant | undefined;
  #running = 0;

  /**
   * A look that was due `interval` microseconds after the one before happens now: what is over that, the loop was
   * blocked. Returns the loop's time.
   */
  look(now: Instant, interval: number): Instant {
    if (this.#last !== undefined) {
      const passed = now - this.#last;
      this.#running += Math.min(passed, interval + Math.min(interval / 2, mostLateUs));
    }
    this.#last = now;
    return instant(this.#running);
  }
}
