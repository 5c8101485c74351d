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
  /** The ports that this thread listens on, by its own word. */
  readonly ours: () => Iterable<number>;
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
  /** Ports of listeners of ours. */
  readonly ours: ReadonlySet<number>;
}

/** What a walk found to be far from any limit holds for so many microseconds, or until there are that many sockets more. */
const holdsUs = 60_000_000;

/** A census of the sockets of the namespace, when the counters say that one of its places can have got full. */
export class CensusWalk implements HostPart {
  readonly #ports: CensusPorts;
  readonly #over = new AbortController();
  /** Ports that somebody listened on, and when that was last seen: not each look brings all the listeners. */
  readonly #listening = new Map<number, Instant>();
  /** When the last census was taken. */
  #before: Instant | undefined;
  /** The last walk, if it found nothing near a limit. */
  #calm: Calm | undefined;

  constructor(ports: CensusPorts) {
    this.#ports = ports;
  }

  async look(): Promise<void> {
    const { share, now, glance, report, wanted, closed } = this.#ports;
    this.#listen(now());
    const counts = this.#counts();
    const urgent = counts !== undefined && (wanted() || this.#hasFailed(counts));
    const states = counts ? statesOf[urgent ? 'all' : worthAWalk(counts, share)] : [];
    if (counts === undefined || states.length === 0) {
      this.#calm = undefined;
      return;
    }
    const at = now();
    const sockets = (counts.counters.tw ?? 0) + (counts.counters.inuse ?? 0);
    const { listening, ours } = this.#listeners();
    if (!urgent && this.#calm && isCalm(this.#calm, { at, sockets, ours }, counts, share)) return;
    const taker = new CensusTaker({ states, at, before: this.#before, range: counts.range, listening, ours, closed });
    const whole = await glance(states, (socket) => taker.visit(socket), this.#over.signal);
    if (whole === undefined || this.#over.signal.aborted) return;
    await this.#infer(taker);
    const census = taker.result(whole);
    const near = nearness(census, counts, share);
    this.#before = at;
    // Where we listen and see no listener, the look has not shown them.
    const seen = whole && (listening.size > 0 || ours.size === 0);
    this.#calm = seen && !isNear(near) ? { at, sockets, nearness: near, ours } : undefined;
    report({ kind: 'host', source: 'sock_diag', at: now(), scope: 'namespace', fact: { name: 'census', census } });
  }

  end(): void {
    this.#over.abort();
  }

  #counts(): CheapCounts | undefined {
    const { counters, sysctls } = this.#ports.facts;
    const range = EphemeralRange.of(sysctls);
    return counters && range ? { counters, sysctls, range } : undefined;
  }

  /** What came in at a listener stays for a minute, whether it still listens or not. */
  #listen(at: Instant): void {
    for (const { id } of this.#ports.facts.listening) if (id.tuple) this.#listening.set(id.tuple.local.port, at);
    for (const [port, seenAt] of this.#listening) if (at - seenAt > holdsUs) this.#listening.delete(port);
  }

  #listeners(): { readonly listening: ReadonlySet<number>; readonly ours: ReadonlySet<number> } {
    const { facts, closed } = this.#ports;
    const listening = new Set(this.#listening.keys());
    const ours = new Set(this.#ports.ours());
    for (const { local } of facts.listeners) ours.add(local.port);
    // Ports of listeners that are gone may have become a client's.
    for (const port of closed.listenerPorts) if (listening.has(port)) ours.add(port);
    return { listening, ours };
  }

  /** connect() has failed for want of a port, or so it seems. */
  #hasFailed({ counters, range }: CheapCounts): boolean {
    return deservesCensus(this.#ports.facts.portFailures, counters, range.count);
  }

  async #infer(taker: CensusTaker): Promise<void> {
    const slices = new Slices(this.#ports.now);
    slices.begin();
    for (const _ of taker.infer()) if (slices.isOver()) await slices.rest();
    slices.end();
    this.#ports.spent(slices.spentUs);
  }
}

function isCalm(calm: Calm, now: Omit<Calm, 'nearness'>, { range, sysctls }: CheapCounts, share: number): boolean {
  // Whichever limit it came nearest to, the smaller one is reached first.
  const limit = Math.min(range.count, sysctls.tcp_max_tw_buckets ?? Number.POSITIVE_INFINITY);
  const missing = (1 - calm.nearness) * share * limit;
  const alike = now.ours.size === calm.ours.size && [...now.ours].every((port) => calm.ours.has(port));
  return alike && now.at - calm.at < holdsUs && now.sockets - calm.sockets < missing / 2;
}
