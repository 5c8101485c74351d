import type { SocketIdentity } from '../tcp/identity.ts';
import type { Row } from './observation.ts';

const mostRows = 16_384;
const mostForeign = 65_536;

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
    if (isNobodys(row)) return;
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

/**
 * No process has a file for it, and none will: it is closed and only on its way out, or, where the source tells no
 * inodes, on its way through. One that is established, or whose peer has finished, may wait to be accepted.
 */
function isNobodys({ id, state }: Row): boolean {
  return id.inode === undefined && state !== 'established' && state !== 'close_wait';
}

function nameOf({ cookie, inode, tuple }: SocketIdentity): string {
  return cookie ?? (inode === undefined ? JSON.stringify(tuple) : `ino:${inode}`);
}
