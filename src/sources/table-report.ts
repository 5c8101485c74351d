import type { ObservationSource } from '../connection/observation-source.ts';
import type { Instant } from '../tcp/identity.ts';
import type { TcpState } from '../tcp/state.ts';
import type { Report } from './source.ts';

/** How a sweep of a table of text ended. */
export interface TableEnd {
  /** The table was read to its end, and every line was understood. */
  readonly whole: boolean;
  readonly malformed: number;
  /** The first line that was not understood, and why. */
  readonly firstMalformed: string | undefined;
}

/** Which sweep of which states is over. */
export interface Swept {
  readonly states: readonly TcpState[];
  readonly startedAt: Instant;
  readonly at: Instant;
  readonly dueAfterMs?: number | undefined;
}

/**
 * Tells the end of a sweep of a table that is no snapshot: while the kernel writes it, a row can be passed over. What
 * two whole sweeps in a row did not show is absent, and so a sweep says that it began when the one before it did. The
 * first line that is not understood is quoted once.
 */
export class TableReport {
  readonly #source: ObservationSource;
  readonly #table: string;
  /** When the last whole sweep of these states began. */
  readonly #lastWhole = new Map<string, Instant>();
  #quoted = false;

  constructor(source: ObservationSource, table: string) {
    this.#source = source;
    this.#table = table;
  }

  tell(end: TableEnd, { states, startedAt, at, dueAfterMs }: Swept, report: Report): void {
    const source = this.#source;
    const key = states.join();
    const before = this.#lastWhole.get(key);
    if (end.whole) this.#lastWhole.set(key, startedAt);
    else this.#lastWhole.delete(key);
    if (end.malformed > 0) report({ kind: 'lost', source, at, count: end.malformed, what: this.#what(end) });
    const whole = end.whole && before !== undefined;
    report({ kind: 'sweep_end', source, startedAt: before ?? startedAt, at, states, whole, dueAfterMs });
  }

  #what({ firstMalformed = '' }: TableEnd): string {
    const what = `lines of ${this.#table} that were not understood`;
    if (this.#quoted) return what;
    this.#quoted = true;
    return `${what}; the first: ${firstMalformed}`;
  }
}
