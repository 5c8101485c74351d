import type { Row } from './connection/observation.ts';
import { isHeldUp, sendingIn } from './connection/sending.ts';
import type { NetSource } from './sources/net/net-source.ts';
import type { Threads } from './sources/net/thread-claims.ts';
import { socketDescriptors } from './sources/proc/proc-fd.ts';
import type { Slices } from './sources/slices.ts';
import type { Report } from './sources/source.ts';
import type { Inode, SocketCookie, SocketIdentity } from './tcp/identity.ts';

export interface StrangersOptions {
  readonly net: NetSource;
  readonly threads: Threads;
  readonly procRoot: string;
  /** Descriptors belong to the process: one of its threads may adopt those that no JavaScript socket stands for. */
  readonly adoptDescriptors: boolean;
  readonly report: Report;
  /** Takes in all that was reported. */
  readonly settle: () => Promise<void>;
  /** So many microseconds of CPU went into it besides what the slices took. */
  readonly spent: (us: number) => void;
  /** Whether a connection with this row's identity is known by now. */
  readonly isKnown: (row: Row) => boolean;
  /** Finds out about those that nobody has open. */
  readonly placeUnaccepted: (rows: readonly Row[], slices: Slices) => Promise<void>;
  /** It is another process's. */
  readonly reject: (row: Row) => void;
}

const nothing: ReadonlySet<Inode> = new Set();

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
  /** Those that may be a thread's that does not answer. They are asked about again. */
  #uncertain = nothing;

  constructor(options: StrangersOptions) {
    this.#options = options;
  }

  async place(rows: readonly Row[], slices: Slices): Promise<void> {
    const { net, report, settle, isKnown, reject, adoptDescriptors } = this.#options;
    if (adoptDescriptors) await this.#options.placeUnaccepted(rows, slices);
    slices.begin();
    const ours: Row[] = [];
    const seen = new Set<Inode>();
    for (const row of rows) {
      if (slices.isOver()) await slices.rest();
      const { inode } = row.id;
      if (inode === undefined || isWell(row)) continue;
      if (!this.#mayBeOurs(row)) reject(row);
      else if (row.state === 'close_wait' || this.#seen.has(inode) || this.#uncertain.has(inode)) ours.push(row);
      else seen.add(inode);
    }
    this.#seen = seen;
    if (ours.length === 0) return slices.end();
    const cookies = new Set<SocketCookie>();
    for (const { id } of ours) {
      if (slices.isOver()) await slices.rest();
      if (id.cookie !== undefined) cookies.add(id.cookie);
    }
    net.tellThese(cookies);
    await net.adoptActive(report, slices);
    slices.end();
    await settle();
    slices.begin();
    const unplaced: Row[] = [];
    for (const row of ours) {
      if (slices.isOver()) await slices.rest();
      if (!isKnown(row)) unplaced.push(row);
    }
    const asks = unplaced.length > 0 && adoptDescriptors;
    const uncertain = asks ? await this.#placeByDescriptor(unplaced, slices) : nothing;
    this.#uncertain = uncertain ?? nothing;
    slices.begin();
    for (const row of ours) {
      if (slices.isOver()) await slices.rest();
      if (isKnown(row)) report(row);
      else if (uncertain && !(row.id.inode && uncertain.has(row.id.inode))) reject(row);
    }
    slices.end();
  }

  /**
   * Returns those of which it cannot be said yet; undefined when /proc could not be read, out of descriptors for
   * example: then nothing is known of anybody.
   */
  async #placeByDescriptor(rows: readonly Row[], slices: Slices): Promise<ReadonlySet<Inode> | undefined> {
    const { procRoot, net, threads, report, settle, spent } = this.#options;
    slices.end();
    const descriptors = await socketDescriptors(procRoot, 'self');
    if (descriptors === undefined) return undefined;
    spent(descriptors.costUs);
    slices.begin();
    const held: Held[] = [];
    for (const { id } of rows) {
      if (slices.isOver()) await slices.rest();
      const { inode } = id;
      const numbers = inode === undefined ? undefined : descriptors.byInode.get(inode);
      if (inode !== undefined && numbers) held.push({ id: { ...id, inode }, numbers });
    }
    if (held.length === 0) return nothing;
    // Not every connection of this thread is told of, and a row without a cookie does not say which it is.
    const ours = new Set(net.holding(held.flatMap(({ numbers }) => numbers)));
    slices.end();
    await settle();
    const foreign = held.filter(({ numbers }) => !numbers.some((number) => ours.has(number)));
    const { theirs, whole } = await threads.ask(foreign.flatMap(({ numbers }) => numbers));
    slices.begin();
    const uncertain = new Set<Inode>();
    for (const { id, numbers } of foreign) {
      if (slices.isOver()) await slices.rest();
      if (numbers.some((number) => theirs.has(number))) continue;
      if (whole) net.adoptDescriptor(id, report);
      // A thread that lives and is silent is blocked, for however long: the socket may be its.
      else uncertain.add(id.inode);
    }
    return uncertain;
  }

  /** Root may hold sockets of any user; everybody else, those made under the same one. */
  #mayBeOurs({ uid }: Row): boolean {
    return this.#uid === 0 || uid === undefined || uid === this.#uid;
  }
}

interface Held {
  readonly id: SocketIdentity & { readonly inode: Inode };
  /** The descriptors of this process that stand for it. */
  readonly numbers: readonly number[];
}

/** Told of because it was in trouble before. */
function isWell(row: Row): boolean {
  const sending = sendingIn(row);
  return row.state === 'established' && row.receiveQueue === 0 && !(sending && isHeldUp(sending));
}
