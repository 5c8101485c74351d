import type { Row } from './connection/observation.ts';
import type { NetSource } from './sources/net/net-source.ts';
import { askThreads } from './sources/net/thread-claims.ts';
import { socketInodes } from './sources/proc/proc-fd.ts';
import type { Report } from './sources/source.ts';

export interface StrangersOptions {
  readonly net: NetSource;
  readonly procRoot: string;
  readonly report: Report;
  /** Takes in all that was reported. */
  readonly settle: () => void;
  /** Whether a connection with this row's identity is known by now. */
  readonly isKnown: (row: Row) => boolean;
  /** It is another process's. */
  readonly reject: (row: Row) => void;
}

/**
 * Finds out whose the sockets are that the kernel shows and no hook told of. Most belong to other processes of the
 * network namespace; some were opened before the hook, or have no JavaScript socket. It costs a look through /proc, so
 * each stranger is asked about once.
 */
export class Strangers {
  readonly #options: StrangersOptions;
  readonly #uid = process.geteuid?.();

  constructor(options: StrangersOptions) {
    this.#options = options;
  }

  async place(rows: readonly Row[]): Promise<void> {
    const { net, report, settle, isKnown, reject } = this.#options;
    const ours: Row[] = [];
    for (const row of rows) {
      if (this.#mayBeOurs(row)) ours.push(row);
      // One without an inode may be waiting to be accepted, by us.
      else if (row.id.inode !== undefined) reject(row);
    }
    if (ours.length === 0) return;
    net.tellThese(new Set(ours.flatMap(({ id }) => id.cookie ?? [])));
    net.adoptActive(report);
    settle();
    const unplaced = ours.filter((row) => !isKnown(row));
    const certain = unplaced.length === 0 || (await this.#placeByDescriptor(unplaced));
    for (const row of ours) {
      if (isKnown(row)) report(row);
      else if (certain) reject(row);
    }
  }

  /** False when /proc could not be read, out of descriptors for example: then nothing is known of anybody. */
  async #placeByDescriptor(rows: readonly Row[]): Promise<boolean> {
    const { procRoot, net, report } = this.#options;
    const inodes = await socketInodes(procRoot, 'self');
    if (inodes === undefined) return false;
    const held = rows.filter(({ id }) => id.inode !== undefined && inodes.has(id.inode));
    if (held.length === 0) return true;
    const theirs = await askThreads(held.flatMap(({ id }) => id.cookie ?? []));
    for (const { id } of held) if (id.cookie === undefined || !theirs.has(id.cookie)) net.adoptDescriptor(id, report);
    return true;
  }

  /** Root may hold sockets of any user; everybody else, those made under the same one. */
  #mayBeOurs({ id, uid }: Row): boolean {
    if (id.inode === undefined) return false;
    return this.#uid === 0 || uid === undefined || uid === this.#uid;
  }
}
