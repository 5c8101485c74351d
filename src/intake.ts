import { setImmediate } from 'node:timers';
import type { Observation } from './connection/observation.ts';
import { nextTurn } from './sources/next-turn.ts';
import type { Instant } from './tcp/identity.ts';

/** So much of what sockets do is taken in at once in one turn of the event loop: less than a millisecond's work. */
const mostAtOnce = 24;

/** What waits gets so long in each turn. The clock is asked once for so many. */
const sliceUs = 400;
const betweenClocks = 4;

/** From so many on it is asked when the turn ends. Before that it shows by a pause, which costs nothing to notice. */
const noticed = 12;
const pauseUs = 1000;

/** So much waits; a burst that is larger is taken in at once, for memory has an end and nothing is to be lost. */
const mostWaiting = 100_000;

/** What has been taken in is let go of in pieces of this size. */
const piece = 1024;

export interface IntakePorts {
  /** Never throws. */
  readonly observe: (observation: Observation) => void;
  /** Runs something outside of the application's asynchronous context. */
  readonly outside: (act: () => void) => void;
  readonly now: () => Instant;
}

/**
 * Takes what the hook reports at once, as long as it is little. When thousands of sockets come or go in one turn, the
 * rest waits for the next ones: each observation has its own time, so that nothing is lost but a moment.
 */
export class Intake {
  readonly #ports: IntakePorts;
  readonly #waiting: (Observation | (() => void))[] = [];
  #next = 0;
  #pushed = 0;
  #inThisTurn = 0;
  #lastAt = 0;
  #noticed = false;
  #draining = false;
  /** Whoever observes may do things that are reported, or ask how things stand: neither may interrupt it. */
  #taking = false;

  constructor(ports: IntakePorts) {
    this.#ports = ports;
  }

  take(observation: Observation): void {
    const isEvent = observation.kind === 'socket_event';
    if (this.#isFree && (!isEvent || this.#inThisTurn < mostAtOnce)) {
      if (isEvent) this.#count(observation.at);
      this.#act(observation);
    } else this.#wait(observation);
  }

  /** Does something when all that was reported before it has been taken in. It must not throw. */
  after(act: () => void): void {
    if (this.#isFree) act();
    else this.#wait(act);
  }

  /** Takes in all that waits, for somebody who wants to know how things stand now. */
  settle(): void {
    while (!this.#taking && this.waiting > 0) this.#takeNext();
  }

  /** As `settle`, in many turns of the event loop if need be, for somebody who can wait. */
  async settled(): Promise<void> {
    const last = this.#pushed;
    while (this.#pushed - this.waiting < last) await nextTurn();
  }

  get waiting(): number {
    return this.#waiting.length - this.#next;
  }

  get #isFree(): boolean {
    return !this.#taking && this.waiting === 0;
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

  #wait(what: Observation | (() => void)): void {
    this.#waiting.push(what);
    this.#pushed++;
    if (!this.#draining) this.#drainSoon();
    if (!this.#taking && this.waiting > mostWaiting) this.#takeNext();
  }

  /** Keeps a process that would end now alive for as many turns as it takes: its last connections are told too. */
  #drainSoon(): void {
    this.#draining = true;
    this.#ports.outside(() => setImmediate(() => this.#drain()));
  }

  #drain(): void {
    const until = this.#ports.now() + sliceUs;
    for (let taken = 1; this.waiting > 0; taken++) {
      this.#takeNext();
      if (taken % betweenClocks === 0 && this.#ports.now() >= until) break;
    }
    this.#draining = false;
    if (this.waiting > 0) this.#drainSoon();
  }

  #takeNext(): void {
    const what = this.#waiting[this.#next++];
    if (this.#next === this.#waiting.length || this.#next % piece === 0) {
      this.#waiting.splice(0, this.#next);
      this.#next = 0;
    }
    if (what) this.#act(what);
  }

  #act(what: Observation | (() => void)): void {
    this.#taking = true;
    try {
      if (typeof what === 'function') what();
      else this.#ports.observe(what);
    } finally {
      this.#taking = false;
    }
  }
}
