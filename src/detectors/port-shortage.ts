import type { Counters, PortFailure } from '../connection/host-fact.ts';
import type { Endpoint } from '../tcp/endpoint.ts';
import type { Instant } from '../tcp/identity.ts';

/** A connect() that failed is news for so many looks: whoever looks rarely hears of it, too. */
const looksToHold = 3;

const mostSampled = 5;
const mostPlaces = 64;

/** Where ports were missing: towards a destination, or for a local address whatever the destination. */
export interface Shortage {
  readonly where: string;
  /** Of the first of these failures. */
  readonly since: Instant;
  readonly last: PortFailure;
  readonly failures: number;
  readonly sample: PortFailure['sample'];
  /** bind() found no port, for an address that the application chose. */
  readonly pooled: boolean;
}

/** The failures of the last looks, by place. */
export class Shortages {
  readonly #places = new Map<string, { shortage: Shortage; looks: number }>();

  /** `lasts`: the ports are all taken still, though nobody has tried since. */
  look(failures: readonly PortFailure[], lasts: (shortage: Shortage) => boolean): void {
    for (const [where, place] of this.#places)
      if (!lasts(place.shortage) && ++place.looks >= looksToHold) this.#places.delete(where);
    for (const failure of failures) {
      const where = placeOf(failure);
      const before = this.#places.get(where)?.shortage;
      if (before === undefined && this.#places.size >= mostPlaces) continue;
      this.#places.set(where, { shortage: added(where, before, failure), looks: 0 });
    }
  }

  all(): Shortage[] {
    return [...this.#places.values()].map(({ shortage }) => shortage);
  }
}

/** What binds before it connects shares the ports of its address; what does not has those of its destination. */
function placeOf({ error, peer, localAddress }: PortFailure): string {
  return error === 'EADDRINUSE' ? `from ${localAddress ?? 'any'}` : destinationKey(peer.address, peer.port);
}

export function destinationKey(address: string, port: number): string {
  return `to ${address}|${port}`;
}

/**
 * Whether a walk over all the sockets can tell more of these failures. For IPv4, connect(2) says EADDRNOTAVAIL for want
 * of a port alone (__inet_hash_connect); for IPv6 also where the host has no address to go from, as in many containers:
 * there it is said at every connect(), and few sockets are there.
 */
export function deservesCensus(
  failures: readonly PortFailure[],
  { tw = 0, inuse = 0 }: Counters,
  limit: number,
): boolean {
  const many = tw + inuse >= limit / 2;
  return failures.some(({ error, peer }) => many || error === 'EADDRINUSE' || !isIPv6(peer));
}

export function isIPv6({ address }: Endpoint): boolean {
  return address.includes(':');
}

function added(where: string, before: Shortage | undefined, failure: PortFailure): Shortage {
  const all = [...(before?.sample ?? []), ...failure.sample];
  const sited = [...all.filter(({ site }) => site), ...all.filter(({ site }) => !site)];
  return {
    where,
    since: before?.since ?? failure.at,
    last: failure,
    failures: (before?.failures ?? 0) + failure.count,
    sample: sited.slice(0, mostSampled),
    pooled: failure.error === 'EADDRINUSE',
  };
}
