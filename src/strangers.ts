import type { Row } from './connection/observation.ts';
import type { NetSource } from './sources/net/net-source.ts';
import { askThreads } from './sources/net/thread-claims.ts';
import { socketDescriptors } from './sources/proc/proc-fd.ts';
import { Slices } from './sources/slices.ts';
import type { Report } from './sources/source.ts';
import type { Inode, Instant } from './tcp/identity.ts';

export interface StrangersOptions {
  readonly net: NetSource;
  readonly procRoot: string;
  readonly now: () => Instant;
  /** Descriptors belong to the process: one of its threads may adopt those that no JavaScript socket stands for. */
  readonly adoptDescriptors: boolean;
  readonly report: Report;
  /** Takes in all that was reported. */
  readonly settle: () => Promise<void>;
  /** Whether a connection with this row's identity is known by now. */
  readonly isKnown: (row: Row) => boolean;
  /** It is another process's. */
  readonly reject: (row: Row) => void;
}

/**
 * Finds out whose the sockets are that the kernel shows and no hook told of. Most belong to other processes of the
 * network namespace; some were opened before the hook, or have no JavaScript socket. It costs a look through /proc, so
 * each stranger is asked about once, and those that are only on their way to somewhere not at all.
 */
export class Strangers {
  readonly #options: StrangersOptions;
  readonly #uid = process.geteuid?.();
  /** Seen at the last look, in a state that most connections leave by themselves. */
  #seen: ReadonlySet<Inode> = new Set();

  constructor(options: StrangersOptions) {
    this.#options = options;
  }

  async place(rows: readonly Row[]): Promise<void> {
    const { net, report, settle, isKnown, reject, now, adoptDescriptors } = this.#options;
    const slices = new Slices(now);
    slices.begin();
    const ours: Row[] = [];
    const seen = new Set<Inode>();
    for (const row of rows) {
      if (slices.isOver()) await slices.rest();
      const { inode } = row.id;
      // One without an inode may be waiting to be accepted, by us.
      if (inode === undefined || isWell(row)) continue;
      if (!this.#mayBeOurs(row)) reject(row);
      else if (row.state === 'close_wait' || this.#seen.has(inode)) ours.push(row);
      else seen.add(inode);
    }
    this.#seen = seen;
    if (ours.length === 0) return;
    net.tellThese(new Set(ours.flatMap(({ id }) => id.cookie ?? [])));
    await net.adoptActive(report);
    await settle();
    const unplaced = ours.filter((row) => !isKnown(row));
    const certain = unplaced.length === 0 || !adoptDescriptors || (await this.#placeByDescriptor(unplaced));
    slices.begin();
    for (const row of ours) {
      if (slices.isOver()) await slices.rest();
      if (isKnown(row)) report(row);
      else if (certain) reject(row);
    }
  }

  /** False when /proc could not be read, out of descriptors for example: then nothing is known of anybody. */
  async #placeByDescriptor(rows: readonly Row[]): Promise<boolean> {
    const { procRoot, net, report, settle, now } = this.#options;
    const descriptors = await socketDescriptors(procRoot, 'self');
    if (descriptors === undefined) return false;
    const held = rows.flatMap(({ id }) => {
      const numbers = id.inode === undefined ? undefined : descriptors.get(id.inode);
      return numbers === undefined ? [] : [{ id, numbers }];
    });
    if (held.length === 0) return true;
    // Not every connection of this thread is told of, and a row without a cookie does not say which it is.
    const ours = new Set(net.holding(held.flatMap(({ numbers }) => numbers)));
    await settle();
    const foreign = held.filter(({ numbers }) => !numbers.some((number) => ours.has(number)));
    const theirs = await askThreads(foreign.flatMap(({ numbers }) => numbers));
    const slices = new Slices(now);
    slices.begin();
    for (const { id, numbers } of foreign) {
      if (slices.isOver()) await slices.rest();
      if (!numbers.some((number) => theirs.has(number))) net.adoptDescriptor(id, report);
    }
    return true;
  }

  /** Root may hold sockets of any user; everybody else, those made under the same one. */
  #mayBeOurs({ uid }: Row): boolean {
    return this.#uid === 0 || uid === undefined || uid === this.#uid;
  }
}

/** Told of because it was in trouble before. */
function isWell({ state, receiveQueue }: Row): boolean {
  return state === 'established' && receiveQueue === 0;
}
