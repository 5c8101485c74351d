import type { Author, ListenerCount } from '../connection/census.ts';
import type { ListenerFact } from '../connection/host-fact.ts';
import { formatEndpoint } from '../tcp/endpoint.ts';
import type { Instant } from '../tcp/identity.ts';
import type { Made } from './time-wait-place.ts';

/** TIME_WAIT lasts so long: what a server did before that has no traces left. */
const holdsUs = 60_000_000;

/**
 * Connections that a server closes as they come, because it has as many as maxConnections allows: Node makes no socket of
 * them. What remains of them is a TIME_WAIT at a full listener of this process that nobody else can have made.
 */
export class DroppedConnections {
  readonly #listeners = new Map<
    number,
    { readonly listener: ListenerFact; fullAt: Instant | undefined; at: Instant }
  >();

  look(listeners: readonly ListenerFact[], at: Instant): void {
    for (const listener of listeners) {
      const { maxConnections, connections, cluster, local } = listener;
      const full = maxConnections !== undefined && connections !== undefined && connections >= maxConnections;
      // In a cluster the others make TIME_WAITs of the same port.
      const fullAt = full && cluster === undefined ? at : this.#listeners.get(local.port)?.fullAt;
      this.#listeners.set(local.port, { listener, fullAt, at });
    }
    for (const [port, known] of this.#listeners) if (at - known.at > holdsUs) this.#listeners.delete(port);
  }

  /** With those that were dropped as ones that this process made. */
  added(counted: ListenerCount, at: Instant): Made {
    const { port, timeWaits, authors, unclaimed, unclaimedPerSecond } = counted;
    const known = this.#listeners.get(port);
    const dropped = timeWaits - authors.reduce((sum, { count }) => sum + count, 0);
    if (known?.fullAt === undefined || at - known.fullAt > holdsUs || dropped <= 0) return counted;
    const author: Author = {
      why: 'max_connections_drop',
      count: dropped,
      site: known.listener.site,
      oldestS: Math.max(0, ...unclaimed.map(({ ageS }) => ageS)),
      perSecond: unclaimedPerSecond,
      requested: undefined,
      sample: unclaimed,
      inferred: false,
    };
    return { timeWaits, authors: [...authors, author] };
  }

  nameOf(port: number): string {
    const known = this.#listeners.get(port);
    return known ? formatEndpoint(known.listener.local) : `*:${port}`;
  }
}
