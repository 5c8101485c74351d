import { type Endpoint, type FourTuple, fourTupleHash } from '../tcp/endpoint.ts';
import { cookieNumber, type Instant, instant, type SocketCookie } from '../tcp/identity.ts';
import type { CallSite } from './call-site.ts';
import { type CloseReason, closeReasons } from './census.ts';
import { type ClosedPlace, ClosedPlaces } from './closed-places.ts';
import type { Role } from './lifecycle.ts';

/** What is remembered of a connection after its descriptor was closed. */
export interface ClosedRecord {
  readonly closedAt: Instant;
  readonly role: Role;
  readonly site: CallSite | undefined;
  readonly suppressed: boolean;
  /** What had it closed. */
  readonly why: CloseReason;
}

/** A connection that this process closed; the cookie is 0 where the kernel does not tell. */
export interface ClosedConnection extends ClosedRecord {
  /** The socket cookie as a number. */
  readonly cookie: number;
  /** What it is recognised by where there is no cookie. */
  readonly tuple?: FourTuple | undefined;
  /** Of a client: where it went, and how the application named that. */
  readonly peer?: Endpoint | undefined;
  readonly requested?: Endpoint | undefined;
  /** Of a server: the port of its listener. */
  readonly port?: number | undefined;
}

const reasonNumbers: ReadonlyMap<CloseReason, number> = new Map(closeReasons.map((why, number) => [why, number]));

const roles: readonly Role[] = ['unknown', 'client', 'server'];

/**
 * The last connections that this process closed, by cookie or, without one, by four-tuple: should the kernel still show
 * one of them, it is known whose it was, and why it was closed. A ring of numbers, made once: thousands of objects that
 * outlive their connection by minutes would cost the garbage collector more than everything else that is done for a
 * connection.
 */
export class ClosedLog {
  /** The cookie; less than 0 for the hash of a four-tuple. */
  readonly #keys: Float64Array;
  readonly #closedAt: Float64Array;
  /** Reason, role, and whether it is suppressed. */
  readonly #facts: Uint8Array;
  readonly #placed: Uint16Array;
  readonly #sites: (CallSite | undefined)[] = [];
  readonly #places = new ClosedPlaces(() => this.#placed.fill(0));
  /**
   * Chains of those that share the lower bits of their key, the last one first, as turns: the how manyeth it was. A turn
   * that lies more than a round back has left the ring, and a chain ends there.
   */
  readonly #heads = new Uint32Array(chains);
  readonly #before: Uint32Array;
  #turn = 0;

  constructor(capacity: number) {
    this.#keys = new Float64Array(capacity);
    this.#closedAt = new Float64Array(capacity);
    this.#facts = new Uint8Array(capacity);
    this.#placed = new Uint16Array(capacity);
    this.#before = new Uint32Array(capacity);
  }

  /** A connection with neither cookie nor four-tuple cannot be recognised later, and is not remembered. */
  add(closed: ClosedConnection): void {
    const { cookie, tuple, role, suppressed } = closed;
    const key = cookie === 0 && tuple ? -fourTupleHash(tuple) : cookie;
    const capacity = this.#keys.length;
    if (key === 0 || capacity === 0) return;
    this.#turn = this.#turn === mostTurns ? 1 : this.#turn + 1;
    const slot = this.#turn % capacity;
    const chain = chainOf(key);
    this.#keys[slot] = key;
    this.#before[slot] = this.#heads[chain] ?? 0;
    this.#heads[chain] = this.#turn;
    this.#closedAt[slot] = closed.closedAt;
    const isClient = role === 'client';
    this.#placed[slot] = this.#places.numberOf(
      isClient ? closed.peer : undefined,
      isClient ? closed.requested : undefined,
      isClient ? 0 : (closed.port ?? 0),
    );
    this.#facts[slot] =
      ((reasonNumbers.get(closed.why) ?? 0) * roles.length + roles.indexOf(role)) * 2 + (suppressed ? 1 : 0);
    this.#sites[slot] = closed.site;
  }

  find(cookie: SocketCookie): LoggedRecord | undefined {
    return this.findNumber(cookieNumber(cookie));
  }

  /** By the cookie as a number. */
  findNumber(cookie: number): LoggedRecord | undefined {
    return cookie === 0 ? undefined : this.#find(cookie);
  }

  /** One that had no cookie. The last one: a four-tuple comes back. */
  findTuple(tuple: FourTuple): LoggedRecord | undefined {
    return this.#find(-fourTupleHash(tuple));
  }

  /** How many were closed since then. */
  countSince(at: Instant): number {
    let [none, all] = [0, this.#size + 1];
    // The last `none` are all younger; the last `all` are not.
    while (all - none > 1) {
      const middle = (none + all) >> 1;
      if ((this.#closedAt[this.#slotBack(middle - 1)] ?? 0) >= at) none = middle;
      else all = middle;
    }
    return none;
  }

  /** Those that were closed since then, the last one first. */
  *since(at: Instant): Generator<LoggedRecord> {
    for (let back = 0; back < this.#size; back++) {
      const slot = this.#slotBack(back);
      if ((this.#closedAt[slot] ?? 0) < at) return;
      yield this.#recordAt(slot);
    }
  }

  /** Everything that was closed since then is still in the log. */
  get completeSince(): Instant {
    const full = this.#size > 0 && this.#size === this.#keys.length;
    return instant(full ? (this.#closedAt[this.#slotBack(this.#size - 1)] ?? 0) : Number.NEGATIVE_INFINITY);
  }

  /** Ports of the listeners that connections came in by. */
  get listenerPorts(): Iterable<number> {
    return this.#places.ports;
  }

  get #size(): number {
    const { length } = this.#keys;
    // Slot 0 is the last of the first round.
    return this.#keys[0] === 0 ? Math.min(this.#turn, length) : length;
  }

  #slotBack(back: number): number {
    const { length } = this.#keys;
    return (((this.#turn - back) % length) + length) % length;
  }

  #find(key: number): LoggedRecord | undefined {
    const slot = this.#slotOf(key);
    return slot < 0 ? undefined : this.#recordAt(slot);
  }

  /** -1 where there is none; the last one of that key. */
  #slotOf(key: number): number {
    const { length } = this.#keys;
    let turn = this.#heads[chainOf(key)] ?? 0;
    for (let age = this.#turn - turn; turn > 0 && age >= 0 && age < length; ) {
      const slot = turn % length;
      if (this.#keys[slot] === key) return slot;
      turn = this.#before[slot] ?? 0;
      const next = this.#turn - turn;
      if (next <= age) return -1;
      age = next;
    }
    return -1;
  }

  #recordAt(slot: number): LoggedRecord {
    const facts = this.#facts[slot] ?? 0;
    const [reason, role] = [Math.floor(facts / 2 / roles.length), (facts >> 1) % roles.length];
    return {
      closedAt: instant(this.#closedAt[slot] ?? 0),
      role: roles[role] ?? 'unknown',
      site: this.#sites[slot],
      suppressed: facts % 2 === 1,
      why: closeReasons[reason] ?? 'unknown',
      place: this.#places.at(this.#placed[slot] ?? 0),
      byCookie: (this.#keys[slot] ?? 0) > 0,
    };
  }

  /** When the connection with this cookie was closed; cheap for cookies that are not in the log. */
  closedAt(cookie: number): Instant | undefined {
    const slot = cookie === 0 ? -1 : this.#slotOf(cookie);
    return slot < 0 ? undefined : instant(this.#closedAt[slot] ?? 0);
  }
}

/** As it comes out of the log. */
export interface LoggedRecord extends ClosedRecord {
  /** Undefined where it is not known any more. */
  readonly place: ClosedPlace | undefined;
  /** It has a cookie to be recognised by, and no four-tuple. */
  readonly byCookie: boolean;
}

const chains = 2 ** 16;

/** After that they are counted anew, and what was closed before cannot be found. */
const mostTurns = 2 ** 32 - 1;

function chainOf(key: number): number {
  return key & (chains - 1);
}
