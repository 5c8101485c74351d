import type { ListenerFact } from '../connection/host-fact.ts';
import type { Instant } from '../tcp/identity.ts';

/** So many looks are remembered: a minute by default. */
const mostLooks = 12;

/** Looks in which it was full and that are no further apart are of one occasion: 20 s by default. */
const together = 4;

/** What one look showed of one queue. */
export interface QueueLook {
  /** SYNs and ACKs that were dropped because the queue was full. */
  readonly turnedAway: number;
  readonly full: boolean;
  /** The kernel counted them at this very listener. */
  readonly observed: boolean;
  /** The longest that the event loop was held around that time, in milliseconds; undefined where nobody measured. */
  readonly heldMs: number | undefined;
}

/** What the last looks have shown of one queue. */
export class QueueHistory {
  readonly #looks: QueueLook[] = [];
  #since: Instant | undefined;

  look(look: QueueLook, at: Instant): void {
    this.#looks.push(look);
    if (this.#looks.length > mostLooks) this.#looks.shift();
    if (this.bad.length === 0) this.#since = undefined;
    else this.#since ??= at;
  }

  /** The looks in which it was full, or had been since the look before. */
  get bad(): readonly QueueLook[] {
    return this.#looks.filter(isBad);
  }

  /** Two of them are of one occasion. Bursts that are each over by the next look, and far apart, are not. */
  get lasts(): boolean {
    const when = this.#looks.flatMap((look, n) => (isBad(look) ? [n] : []));
    return when.some((n, i) => i > 0 && n - (when[i - 1] ?? 0) <= together);
  }

  get turnedAway(): number {
    return sum(this.#looks);
  }

  /** Since there has always been a bad look among the last. */
  get since(): Instant | undefined {
    return this.#since;
  }
}

function isBad({ turnedAway, full }: QueueLook): boolean {
  return turnedAway > 0 || full;
}

export function sum(looks: readonly QueueLook[]): number {
  return looks.reduce((total, { turnedAway }) => total + turnedAway, 0);
}

/** One more than the limit: then the kernel drops whoever comes (sk_acceptq_is_full in include/net/sock.h). */
export function isFull({ queue, backlog }: Pick<ListenerFact, 'queue' | 'backlog'>): boolean {
  return queue > backlog;
}
