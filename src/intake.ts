import type { Observation } from './connection/observation.ts';
import { nextTurn } from './sources/next-turn.ts';
import type { Instant } from './tcp/identity.ts';

/** So much of what sockets do is taken in at once between two other things that the event loop does: about a millisecond. */
const mostInOneTurn = 64;

/** From so many on it is asked when the turn ends. Before that it shows by a pause, which costs nothing to notice. */
const noticed = 32;
const pauseUs = 1000;

/** So much waits; a burst that is larger is taken in at once, for memory has an end and nothing is to be lost. */
const mostWaiting = 100_000;

/**
 * Takes what the hook reports at once, as long as it is little. When thousands of sockets come or go in one turn, the
 * rest waits for the next ones: each observation has its own time, so that nothing is lost but a moment.
 */
export class Intake {
  readonly #observe: (observation: Observation) => void;
  #waiting: Observation[] = [];
  #next = 0;
  #inThisTurn = 0;
  #lastAt = 0;
  #turning = false;

  constructor(observe: (observation: Observation) => void) {
    this.#observe = observe;
  }

  take(observation: Observation): void {
    const isEvent = observation.kind === 'socket_event';
    if (this.#waiting.length === 0 && (!isEvent || this.#inThisTurn < mostInOneTurn)) {
      if (isEvent) this.#count(observation.at);
      this.#observe(observation);
      return;
    }
    this.#waiting.push(observation);
    if (this.#waiting.length - this.#next > mostWaiting) this.#takeNext();
  }

  /** Takes in all that waits, for somebody who wants to know how things stand now. */
  settle(): void {
    while (this.#next < this.#waiting.length) this.#takeNext();
    this.#forgetTaken();
  }

  get waiting(): number {
    return this.#waiting.length - this.#next;
  }

  #count(at: Instant): void {
    if (at - this.#lastAt > pauseUs && !this.#turning) this.#inThisTurn = 0;
    this.#lastAt = at;
    if (++this.#inThisTurn < noticed || this.#turning) return;
    this.#turning = true;
    void this.#turn();
  }

  async #turn(): Promise<void> {
    do {
      await nextTurn();
      this.#inThisTurn = 0;
      for (; this.#inThisTurn < mostInOneTurn && this.#next < this.#waiting.length; this.#inThisTurn++)
        this.#takeNext();
      this.#forgetTaken();
    } while (this.#waiting.length > 0);
    this.#turning = false;
  }

  #takeNext(): void {
    const observation = this.#waiting[this.#next++];
    if (observation) this.#observe(observation);
  }

  #forgetTaken(): void {
    if (this.#next < this.#waiting.length) return;
    this.#waiting = [];
    this.#next = 0;
  }
}
