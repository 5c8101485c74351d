import type { Glance } from '../connection/census.ts';
import { type CheapCounts, isNear, nearness, statesOf, worthAWalk } from '../connection/census-need.ts';
import { CensusTaker } from '../connection/census-taker.ts';
import type { ClosedLog } from '../connection/closed-log.ts';
import { EphemeralRange } from '../connection/ephemeral-range.ts';
import type { HostFacts } from '../connection/host-facts.ts';
import { deservesCensus } from '../detectors/port-shortage.ts';
import { Slices } from '../sources/slices.ts';
import type { Report } from '../sources/source.ts';
import type { Instant } from '../tcp/identity.ts';
import type { TcpState } from '../tcp/state.ts';
import type { HostPart } from './host-watch.ts';

export interface CensusPorts {
  readonly facts: HostFacts;
  readonly closed: ClosedLog;
  /** Whoever looks walks over all the sockets in some states; undefined where that cannot be done now. */
  readonly glance: (
    states: readonly TcpState[],
    visit: (socket: Glance) => void,
    signal: AbortSignal,
  ) => Promise<boolean> | undefined;
  /** Of a limit, from which on a place is of interest (option `timeWaitShare`). */
  readonly share: number;
  readonly now: () => Instant;
  readonly report: Report;
  /** Somebody wants one, whatever the counters say. */
  readonly wanted: () => boolean;
  /** So many microseconds of the event loop went into it, besides the walk. */
  readonly spent: (us: number) => void;
}

interface Calm {
  readonly at: Instant;
  readonly sockets: number;
  readonly nearness: number;
}

/** What a walk found to be far from any limit holds for so many microseconds, or until there are that many sockets more. */
const holdsUs = 60_000_000;

/** A census of the sockets of the namespace, when the counters say that one of its places can have got full. */
export class CensusWalk implements HostPart {
  readonly #ports: CensusPorts;
  readonly #over = new AbortController();
  #range: EphemeralRange | undefined;
  #rangeOf: unknown;
  /** The last walk, if it found nothing near a limit. */
  #calm: Calm | undefined;

  constructor(ports: CensusPorts) {
    this.#ports = ports;
  }

  async look(): Promise<void> {
    const { facts, share, now, glance, report, wanted } = this.#ports;
    const counts = this.#counts();
    const urgent = counts !== undefined && (wanted() || this.#hasFailed(counts));
    const states = counts ? statesOf[urgent ? 'all' : worthAWalk(counts, share)] : [];
    if (counts === undefined || states.length === 0) {
      this.#calm = undefined;
      return;
    }
    const at = now();
    const sockets = (counts.counters.tw ?? 0) + (counts.counters.inuse ?? 0);
    if (!urgent && this.#calm && this.#isCalm(this.#calm, at, sockets, counts)) return;
    const listening = portsOf(facts.listening.map(({ id }) => id.tuple?.local.port));
    const ours = portsOf(facts.listeners.map(({ local }) => local.port));
    // Ports of listeners that are gone may have become a client's.
    for (const port of this.#ports.closed.listenerPorts) if (listening.has(port)) ours.add(port);
    const taker = new CensusTaker({ states, at, range: counts.range, listening, ours, closed: this.#ports.closed });
    const whole = await glance(states, (socket) => taker.visit(socket), this.#over.signal);
    if (whole === undefined || this.#over.signal.aborted) return;
    await this.#infer(taker);
    const census = taker.result(whole);
    const near = nearness(census, counts, share);
    this.#calm = whole && !isNear(near) ? { at, sockets, nearness: near } : undefined;
    report({ kind: 'host', source: 'sock_diag', at: now(), scope: 'namespace', fact: { name: 'census', census } });
  }

  end(): void {
    this.#over.abort();
  }

  #counts(): CheapCounts | undefined {
    const { counters, sysctls } = this.#ports.facts;
    // They are read again once a minute.
    if (this.#rangeOf !== sysctls) this.#range = EphemeralRange.of(sysctls);
    this.#rangeOf = sysctls;
    return counters && this.#range ? { counters, sysctls, range: this.#range } : undefined;
  }

  /** connect() has failed for want of a port, or so it seems. */
  #hasFailed({ counters, range }: CheapCounts): boolean {
    return deservesCensus(this.#ports.facts.portFailures, counters, range.count);
  }

  #isCalm(calm: Calm, at: Instant, sockets: number, { range }: CheapCounts): boolean {
    const missing = (1 - calm.nearness) * this.#ports.share * range.count;
    return at - calm.at < holdsUs && sockets - calm.sockets < missing / 2;
  }

  async #infer(taker: CensusTaker): Promise<void> {
    const slices = new Slices(this.#ports.now);
    slices.begin();
    for (const _ of taker.infer()) if (slices.isOver()) await slices.rest();
    slices.end();
    this.#ports.spent(slices.spentUs);
  }
}

function portsOf(ports: readonly (number | undefined)[]): Set<number> {
  return new Set(ports.filter((port) => port !== undefined));
}
