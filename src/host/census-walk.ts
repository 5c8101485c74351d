import type { Census, Glance } from '../connection/census.ts';
import {
  type CheapCounts,
  isNear,
  measuredAfterUs,
  nearness,
  statesOf,
  worthAWalk,
} from '../connection/census-need.ts';
import { type CensusOrder, CensusTaker } from '../connection/census-taker.ts';
import type { ClosedLog } from '../connection/closed-log.ts';
import type { CountedPlaces } from '../connection/counted-places.ts';
import { EphemeralRange } from '../connection/ephemeral-range.ts';
import type { HostFacts } from '../connection/host-facts.ts';
import { deservesCensus } from '../detectors/port-shortage.ts';
import { Slices } from '../sources/slices.ts';
import type { Report } from '../sources/source.ts';
import type { Instant } from '../tcp/identity.ts';
import type { TcpState } from '../tcp/state.ts';
import type { HostPart } from './host-watch.ts';
import { ListeningPorts, type ListeningPortsPorts } from './listening-ports.ts';

export interface CensusPorts extends Pick<ListeningPortsPorts, 'ours'> {
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
  readonly measuring: PlaceMeasuring;
}

/** Whoever measures places, whether anything is wrong or not. */
export interface PlaceMeasuring {
  readonly isHeard: boolean;
  counted(places: CountedPlaces): void;
}

type Order = Omit<CensusOrder, 'closed'>;

interface Walked {
  readonly taker: CensusTaker;
  readonly whole: boolean;
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

/**
 * A census of the sockets of the namespace, when the counters say that one of its places can have got full. Whoever
 * measures is told of it, too; and where none was needed, of one that is taken for that alone: no verdict goes by it, and
 * no recording has it.
 */
export class CensusWalk implements HostPart {
  readonly #ports: CensusPorts;
  readonly #over = new AbortController();
  readonly #listening: ListeningPorts;
  /** When the last census was taken. */
  #before: Instant | undefined;
  /** The last walk, if it found nothing near a limit. */
  #calm: Calm | undefined;
  #lookedAt: Instant | undefined;
  #sinceLookUs = 0;
  /** When one of all states was taken last, for whatever reason. */
  #measuredAt: Instant | undefined;

  constructor(ports: CensusPorts) {
    this.#ports = ports;
    this.#listening = new ListeningPorts(ports);
  }

  async look(): Promise<void> {
    const at = this.#ports.now();
    this.#sinceLookUs = at - (this.#lookedAt ?? at);
    this.#lookedAt = at;
    this.#listening.look(at);
    const counts = this.#counts();
    await this.#judge(counts);
    if (counts) await this.#measure(counts);
  }

  /** For those who judge. */
  async #judge(counts: CheapCounts | undefined): Promise<void> {
    const { share, now, report, wanted } = this.#ports;
    const urgent = counts !== undefined && (wanted() || this.#hasFailed(counts));
    const states = counts ? statesOf[urgent ? 'all' : worthAWalk(counts, share)] : [];
    if (counts === undefined || states.length === 0) {
      this.#calm = undefined;
      return;
    }
    const at = now();
    const { tw = 0, inuse = 0 } = counts.counters;
    const sockets = tw + inuse;
    const { listening, ours } = this.#listening.now();
    if (!urgent && this.#calm && isCalm(this.#calm, { at, sockets, ours }, counts, share)) return;
    const order = { states, at, before: this.#before, range: counts.range, listening, ours };
    const { taker, whole } = (await this.#walk(order)) ?? {};
    if (taker === undefined || whole === undefined) return;
    await this.#infer(taker);
    const census = taker.result(whole);
    const near = nearness(census, counts, share);
    this.#before = at;
    this.#calm = isShown(order, whole) && !isNear(near) ? { at, sockets, nearness: near, ours } : undefined;
    report({ kind: 'host', source: 'sock_diag', at: now(), scope: 'namespace', fact: { name: 'census', census } });
    if (states === statesOf.all) this.#tell(census, taker.outward, order, counts);
  }

  /** For whoever measures, when the last one is old. */
  async #measure(counts: CheapCounts): Promise<void> {
    const { measuring, now, spent } = this.#ports;
    const at = now();
    const sockets = socketsOf(counts);
    if (!measuring.isHeard || sockets === undefined) return;
    if (this.#measuredAt !== undefined && at - this.#measuredAt < measuredAfterUs(sockets, this.#sinceLookUs)) return;
    this.#measuredAt = at;
    const order = { states: statesOf.all, at, before: undefined, range: counts.range, ...this.#listening.now() };
    // Where the kernel counts none, there is nothing to walk over.
    const { taker, whole } = (await this.#walk(order, sockets > 0)) ?? {};
    if (taker === undefined || whole === undefined) return;
    const slices = new Slices(now);
    slices.begin();
    this.#tell(taker.result(whole), taker.outward, order, counts);
    slices.end();
    spent(slices.spentUs);
  }

  #tell(census: Census, outward: number, order: Order, counts: CheapCounts): void {
    const { at, ours, range } = order;
    const { measuring } = this.#ports;
    this.#measuredAt = at;
    if (!measuring.isHeard || !isShown(order, census.whole)) return;
    const everyUs = measuredAfterUs(socketsOf(counts) ?? 0, this.#sinceLookUs);
    measuring.counted({ at, census, outward, ours, sysctls: counts.sysctls, range, everyUs });
  }

  /** Undefined where nobody can walk now. */
  async #walk(order: Order, any = true): Promise<Walked | undefined> {
    const { glance, closed } = this.#ports;
    const taker = new CensusTaker({ ...order, closed });
    if (!any) return { taker, whole: true };
    const whole = await glance(order.states, (socket) => taker.visit(socket), this.#over.signal);
    return whole === undefined || this.#over.signal.aborted ? undefined : { taker, whole };
  }

  end(): void {
    this.#over.abort();
  }

  #counts(): CheapCounts | undefined {
    const { counters, sysctls } = this.#ports.facts;
    const range = EphemeralRange.of(sysctls);
    return counters && range ? { counters, sysctls, range } : undefined;
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

/** Undefined where the kernel does not say. */
function socketsOf({ counters: { tw, inuse } }: CheapCounts): number | undefined {
  return tw === undefined || inuse === undefined ? undefined : tw + inuse;
}

/** Every socket was seen. Where we listen and see no listener, the look has not shown them. */
function isShown({ listening, ours }: Order, whole: boolean): boolean {
  return whole && (listening.size > 0 || ours.size === 0);
}

function isCalm(calm: Calm, now: Omit<Calm, 'nearness'>, { range, sysctls }: CheapCounts, share: number): boolean {
  // Whichever limit it came nearest to, the smaller one is reached first.
  const limit = Math.min(range.count, sysctls.tcp_max_tw_buckets ?? Number.POSITIVE_INFINITY);
  const missing = (1 - calm.nearness) * share * limit;
  const alike = now.ours.size === calm.ours.size && [...now.ours].every((port) => calm.ours.has(port));
  return alike && now.at - calm.at < holdsUs && now.sockets - calm.sockets < missing / 2;
}
