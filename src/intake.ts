import type { Observation } from './connection/observation.ts';
import { nextTurn } from './sources/next-turn.ts';
import type { Instant } from './tcp/identity.ts';

/** So much of what sockets do is taken in at once between two other things that the event loop does: about a millisecond. */
const mostAtOnce = 64;

/** From so many on it is asked when the turn ends. Before that it shows by a pause, which costs nothing to notice. */
const noticed = 32;
const pauseUs = 1000;

/** So much waits; a burst that is larger is taken in at once, for memory has an end and nothing is to be lost. */
const mostWaiting = 100_000;

export interface IntakePorts {
  /** Never throws. */
  readonly observe: (observation: Observation) => void;
  /** Runs something outside of the application's asynchronous context. */
  readonly outside: (act: () => void) => void;
}

/**
 * Takes what the hook reports at once, as long as it is little. When thousands of sockets come or go in one turn, the
 * rest waits for the next ones: each observation has its own time, so that nothing is lost but a moment.
 */
export class Intake {
  readonly #ports: IntakePorts;
  #waiting: Observation[] = [];
  #next = 0;
  #inThisTurn = 0;
  #lastAt = 0;
  #noticed = false;

  constructor(ports: IntakePorts) {
    this.#ports = ports;
  }

  take(observation: Observation): void {
    const isEvent = observation.kind === 'socket_event';
    if (this.waiting === 0 && (!isEvent || this.#inThisTurn < mostAtOnce)) {
      if (isEvent) this.#count(observation.at);
      this.#ports.observe(observation);
      return;
    }
    if (this.#waiting.push(observation) === 1) this.#drainSoon();
    if (this.waiting > mostWaiting) this.#takeNext();
  }

  /** Takes in all that waits, for somebody who wants to know how things stand now. */
  settle(): void {
    while (this.waiting > 0) this.#takeNext();
  }

  get waiting(): number {
    return this.#waiting.length - this.#next;
  }

  #count(at: Instant): void {
    if (at - this.#lastAt > pauseUs && !this.#noticed) this.#inThisTurn = 0;
    this.#lastAt = at;
    if (++this.#inThisTurn < noticed || this.#noticed) return;
    this.#noticed = true;
    this.#ports.outside(async () => {
      await nextTurn();
      this.#noticed = false;
      this.#inThisTurn = 0;
    });
  }

  /** Keeps a process that would end now alive for as many turns as it takes: its last connections are told too. */
  #drainSoon(): void {
    this.#ports.outside(() => setImmediate(() => this.#drain()));
  }

  #drain(): void {
    for (let taken = 0; taken < mostAtOnce && this.waiting > 0; taken++) this.#takeNext();
    if (this.waiting > 0) this.#drainSoon();
    else {
      this.#waiting = [];
      this.#next = 0;
    }
  }

  #takeNext(): void {
    const observation = this.#waiting[this.#next++];
    if (observation) this.#ports.observe(observation);
  }
}
