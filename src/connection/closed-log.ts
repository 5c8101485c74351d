import { cookieNumber, type Instant, instant, type SocketCookie } from '../tcp/identity.ts';
import type { CallSite } from './call-site.ts';
import type { Role } from './lifecycle.ts';

/** What is remembered of a connection after its descriptor was closed. */
export interface ClosedRecord {
  readonly closedAt: Instant;
  readonly role: Role;
  readonly site: CallSite | undefined;
  readonly suppressed: boolean;
}

/** A connection that this process closed; the cookie is 0 where the kernel does not tell. */
export interface ClosedConnection extends ClosedRecord {
  /** The socket cookie as a number. */
  readonly cookie: number;
}

const roles: readonly Role[] = ['unknown', 'client', 'server'];

/**
 * The last connections that this process closed, by cookie: should the kernel still show one of them, it is known
 * whose it was. A ring of numbers, made once: thousands of objects that outlive their connection by minutes would cost
 * the garbage collector more than everything else that is done for a connection.
 */
export class ClosedLog {
  readonly #cookies: Float64Array;
  readonly #closedAt: Float64Array;
  readonly #facts: Uint8Array;
  readonly #sites: (CallSite | undefined)[] = [];
  /** One bit for each cookie in the ring, and for some that have left it: most of the others need no search. */
  readonly #bits = new Uint8Array(bitCount / 8);
  #next = 0;

  constructor(capacity: number) {
    this.#cookies = new Float64Array(capacity);
    this.#closedAt = new Float64Array(capacity);
    this.#facts = new Uint8Array(capacity);
  }

  /** A connection without a cookie cannot be recognised later, and is not remembered. */
  add({ cookie, role, site, suppressed, closedAt }: ClosedConnection): void {
    if (cookie === 0 || this.#cookies.length === 0) return;
    const slot = this.#next;
    if (slot === 0) this.#forgetLeftBits();
    this.#cookies[slot] = cookie;
    this.#mark(cookie);
    this.#closedAt[slot] = closedAt;
    this.#facts[slot] = roles.indexOf(role) * 2 + (suppressed ? 1 : 0);
    this.#sites[slot] = site;
    this.#next = (slot + 1) % this.#cookies.length;
  }

  find(cookie: SocketCookie): ClosedRecord | undefined {
    const slot = this.#slotOf(cookieNumber(cookie));
    if (slot < 0) return undefined;
    const facts = this.#facts[slot] ?? 0;
    return {
      closedAt: instant(this.#closedAt[slot] ?? 0),
      role: roles[facts >> 1] ?? 'unknown',
      site: this.#sites[slot],
      suppressed: facts % 2 === 1,
    };
  }

  /** When the connection with this cookie was closed; cheap for cookies that are not in the log. */
  closedAt(cookie: number): Instant | undefined {
    const slot = this.#slotOf(cookie);
    return slot < 0 ? undefined : instant(this.#closedAt[slot] ?? 0);
  }

  /** Who asks, mostly asks about one that was closed a moment ago. */
  #slotOf(number: number): number {
    if (!this.#mayHold(number)) return -1;
    const recent = this.#next === 0 ? -1 : this.#cookies.lastIndexOf(number, this.#next - 1);
    return recent < 0 ? this.#cookies.lastIndexOf(number) : recent;
  }

  #mark(number: number): void {
    const bit = number % bitCount;
    this.#bits[bit >> 3] = (this.#bits[bit >> 3] ?? 0) | (1 << (bit & 7));
  }

  #mayHold(number: number): boolean {
    const bit = number % bitCount;
    return ((this.#bits[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;
  }

  /** Once a round: what has left the ring leaves the bits as well. */
  #forgetLeftBits(): void {
    this.#bits.fill(0);
    for (const number of this.#cookies) if (number > 0) this.#mark(number);
  }
}

/** Sixteen to a slot: one in sixteen of the cookies that are not in the ring is searched for in vain. */
const bitCount = 2 ** 20;
