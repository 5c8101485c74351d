import type { Row } from '../connection/observation.ts';
import { socketDescriptors } from '../sources/proc/proc-fd.ts';
import type { Endpoint } from '../tcp/endpoint.ts';
import type { Inode, Instant } from '../tcp/identity.ts';

/** That a listener is not ours is believed for so long, in microseconds: descriptors can be sent to us. */
const believedUs = 600_000_000;

/** Listeners that are remembered; a host has some tens. */
const mostListeners = 1024;

export interface HeldListenersOptions {
  readonly procRoot: string;
  readonly now: () => Instant;
  /** So many microseconds of CPU went into it. */
  readonly spent: (us: number) => void;
  /** The listeners of the network namespace, whoever's they are. */
  readonly listening: () => readonly Row[];
}

/**
 * Which listeners this process has a descriptor of, whether or not JavaScript knows: one that was inherited and
 * forgotten counts, and so does a cluster primary's whose workers accept.
 */
export class HeldListeners {
  readonly #options: HeldListenersOptions;
  readonly #known = new Map<Inode, { readonly ours: boolean; readonly at: Instant }>();

  constructor(options: HeldListenersOptions) {
    this.#options = options;
  }

  /** Undefined where it cannot be told: nobody was seen to listen there, or /proc does not say. */
  async holds(local: Endpoint): Promise<boolean | undefined> {
    const there = this.#options.listening().filter(({ id }) => id.tuple && isReachedBy(id.tuple.local, local));
    const inodes = there.flatMap(({ id: { inode } }) => (inode === undefined ? [] : [inode]));
    if (inodes.length === 0) return undefined;
    if (inodes.some((inode) => this.#isStale(inode)) && !(await this.#find())) return undefined;
    return inodes.some((inode) => this.#known.get(inode)?.ours === true);
  }

  #isStale(inode: Inode): boolean {
    const known = this.#known.get(inode);
    return known === undefined || (!known.ours && this.#options.now() - known.at > believedUs);
  }

  /** Looks for all the listeners among our descriptors. False where they cannot be read. */
  async #find(): Promise<boolean> {
    const { procRoot, now, listening, spent } = this.#options;
    const at = now();
    const inodes = listening().map(({ id }) => id.inode);
    const held = await socketDescriptors(procRoot, 'self');
    if (held === undefined) return false;
    spent(held.costUs);
    if (this.#known.size > mostListeners) this.#known.clear();
    for (const inode of inodes) if (inode !== undefined) this.#known.set(inode, { ours: held.byInode.has(inode), at });
    return true;
  }
}

const everywhere = new Set(['0.0.0.0', '::']);

/** A connection to this end comes to that listener. */
function isReachedBy(listener: Endpoint, local: Endpoint): boolean {
  return listener.port === local.port && (listener.address === local.address || everywhere.has(listener.address));
}
