import type { SocketIdentity } from '../tcp/identity.ts';
import type { TcpState } from '../tcp/state.ts';
import type { Row } from './observation.ts';

const mostRows = 16_384;
const mostForeign = 65_536;

/** A connection can wait to be accepted in these. */
const canWait: ReadonlySet<TcpState> = new Set(['established', 'close_wait'] as const);

/**
 * Rows of sockets that no known connection stands for, kept until somebody finds out whose they are. Most are other
 * processes': those are remembered by name, and cost a look-up a row from then on.
 */
export class StrangerRows {
  readonly #foreign = new Set<string>();
  #rows = new Map<string, Row>();
  #dropped = 0;

  isForeign(id: SocketIdentity): boolean {
    return this.#foreign.has(nameOf(id));
  }

  keep(row: Row): void {
    // Of those that nobody has open, only one that waits to be accepted can be ours.
    if (row.id.inode === undefined && !canWait.has(row.state)) return;
    const name = nameOf(row.id);
    if (this.#rows.size >= mostRows && !this.#rows.has(name)) this.#dropped++;
    else this.#rows.set(name, row);
  }

  /** Hands them over, once. */
  take(): readonly Row[] {
    if (this.#rows.size === 0) return [];
    const rows = [...this.#rows.values()];
    this.#rows = new Map();
    return rows;
  }

  /** It was found to be none of this process's. */
  reject(id: SocketIdentity): void {
    this.#foreign.add(nameOf(id));
    const [oldest] = this.#foreign;
    if (this.#foreign.size > mostForeign && oldest !== undefined) this.#foreign.delete(oldest);
  }

  /** For which there was no room. */
  get dropped(): number {
    return this.#dropped;
  }
}

function nameOf({ cookie, inode, tuple }: SocketIdentity): string {
  return cookie ?? (inode === undefined ? JSON.stringify(tuple) : `ino:${inode}`);
}
