import type { Census, DestinationCount } from '../connection/census.ts';
import type { Sysctls } from '../connection/host-fact.ts';
import type { Instant } from '../tcp/identity.ts';
import { destinationKey } from './port-shortage.ts';
import { PortTrend } from './port-trend.ts';

/** What a census said holds for so long, when none follows: the TIME_WAITs of then are gone. */
const heldUs = 62e6;

/** Of those that take most ports. */
const mostDestinations = 64;

/** From one local address to one destination, by the last census. */
export interface Usage {
  readonly counted: DestinationCount;
  /** Without the TIME_WAITs whose port connect() takes over when it needs it. */
  readonly taken: number;
  readonly trend: PortTrend;
}

/** How many ports each destination takes, from census to census. */
export class PortUsage {
  #usages = new Map<string, Usage>();
  #destinations: readonly DestinationCount[] = [];
  #at: Instant | undefined;
  #wholeAt: Instant | undefined;

  /** Of all connections; one of TIME_WAITs alone does not say which ports are taken. */
  static tells(census: Census | undefined): census is Census {
    return census?.states.includes('established') === true;
  }

  look(census: Census | undefined, { tcp_tw_reuse }: Sysctls, at: Instant): void {
    if (!PortUsage.tells(census)) {
      if (this.#at !== undefined && at - this.#at >= heldUs) this.#forget();
      return;
    }
    this.#at = at;
    this.#wholeAt = census.whole ? at : undefined;
    this.#destinations = census.destinations;
    const most = census.destinations.toSorted((one, other) => other.ports - one.ports).slice(0, mostDestinations);
    const usages = new Map<string, Usage>();
    for (const counted of most) {
      const { localAddress, peerAddress, peerPort, ports, timeWaits } = counted;
      const key = `${localAddress}|${peerAddress}|${peerPort}`;
      const trend = this.#usages.get(key)?.trend ?? new PortTrend();
      const taken = takenPorts(counted, tcp_tw_reuse);
      const held = ports - timeWaits;
      // A count of some of them would look like a fall, and the next like growth.
      if (census.whole) trend.look(at, held, taken - held);
      usages.set(key, { counted, taken, trend });
    }
    this.#usages = usages;
  }

  /** Whether the last census saw all the sockets that there were then, or later. */
  isKnownSince(at: Instant): boolean {
    return this.#wholeAt !== undefined && this.#wholeAt >= at;
  }

  /** The local address of each destination from which most ports are taken. */
  fullest(): Map<string, Usage> {
    const fullest = new Map<string, Usage>();
    for (const usage of this.#usages.values()) {
      const key = destinationKey(usage.counted.peerAddress, usage.counted.peerPort);
      if (usage.taken > (fullest.get(key)?.taken ?? -1)) fullest.set(key, usage);
    }
    return fullest;
  }

  /** Ports and TIME_WAITs of one local address, or of all; undefined where no census tells. */
  pool(localAddress: string | undefined): { readonly ports: number; readonly timeWaits: number } | undefined {
    if (this.#at === undefined) return undefined;
    const everywhere = localAddress === undefined || localAddress === '0.0.0.0' || localAddress === '::';
    const mine = this.#destinations.filter((one) => everywhere || one.localAddress === localAddress);
    const sum = (count: (one: DestinationCount) => number) => mine.reduce((total, one) => total + count(one), 0);
    return { ports: sum(({ ports }) => ports), timeWaits: sum(({ timeWaits }) => timeWaits) };
  }

  #forget(): void {
    this.#at = undefined;
    this.#wholeAt = undefined;
    this.#destinations = [];
    this.#usages.clear();
  }
}

/** Ports that are taken for a new connect() to there: all but the TIME_WAITs whose port it takes over. */
export function takenPorts(counted: DestinationCount, reuse: number | undefined): number {
  return counted.ports - (isTakenOver(counted, reuse) ? counted.timeWaits : 0);
}

/**
 * Whether connect() takes over the port of a TIME_WAIT, a second after it began (tcp_twsk_unique in
 * net/ipv4/tcp_ipv4.c): 1 always, 2 where either address is a loopback one.
 */
function isTakenOver({ localAddress, peerAddress }: DestinationCount, reuse: number | undefined): boolean {
  return reuse === 1 || (reuse === 2 && (isLoopback(localAddress) || isLoopback(peerAddress)));
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
