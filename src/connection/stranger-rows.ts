import type { SocketIdentity } from '../tcp/identity.ts';
import type { Row } from './observation.ts';

const most = 1024;

/** Rows of sockets that no known connection stands for, kept until somebody finds out whose they are. */
export class StrangerRows {
  #rows = new Map<string, Row>();
  #dropped = 0;

  keep(row: Row): void {
    const name = nameOf(row.id);
    if (this.#rows.size >= most && !this.#rows.has(name)) this.#dropped++;
    else this.#rows.set(name, row);
  }

  /** Hands them over, once. */
  take(): readonly Row[] {
    if (this.#rows.size === 0) return [];
    const rows = [...this.#rows.values()];
    this.#rows = new Map();
    return rows;
  }

  /** For which there was no room. */
  get dropped(): number {
    return this.#dropped;
  }
}

function nameOf({ cookie, inode, tuple }: SocketIdentity): string {
  return cookie ?? (inode === undefined ? JSON.stringify(tuple) : `ino:${inode}`);
}
