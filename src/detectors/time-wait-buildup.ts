import type { Census, DestinationCount, ListenerCount } from '../connection/census.ts';
import { EphemeralRange } from '../connection/ephemeral-range.ts';
import type { Sysctls } from '../connection/host-fact.ts';
import type { HostLook } from '../connection/host-facts.ts';
import { formatEndpoint } from '../tcp/endpoint.ts';
import type { Instant } from '../tcp/identity.ts';
import { type Case, placeCase, rounded } from './case.ts';
import type { Subject } from './detector.ts';
import { DroppedConnections } from './dropped-connections.ts';
import { severityOf } from './growth.ts';
import type { HostDetector } from './host-detector.ts';
import { perSecondOf, TimeWaitGrowth } from './time-wait-growth.ts';
import { type Majority, majorityOf, oldestOf, samplesOf } from './time-wait-place.ts';

/** What was found goes on down to this part of the share that it takes to be found. */
const goesOnFrom = 0.8;

/** So many looks without a census, although there are as many TIME_WAITs as before, say nothing. */
const looksInTheDark = 3;

/** A place where this process leaves TIME_WAITs, as one census shows it. */
interface Place {
  readonly where: string;
  readonly timeWaits: number;
  readonly majority: Majority;
  readonly subject: Subject;
  readonly limit: number;
  /** Of the limit, by whomever. */
  readonly usage: number;
  /** The kernel gives the port to the next connection all the same. */
  readonly reused: boolean;
}

/**
 * Whoever says goodbye first waits in TIME_WAIT for a minute, and keeps its port from new connections to the same place.
 *
 *     healthy                                   sick
 *       us                    peer                us                    peer
 *       │ ── request ───────▶ │                   │ ── SYN, request ──▶ │
 *       │ ◀────── answer ──── │                   │ ◀────── answer ──── │
 *       │ ── request ───────▶ │                   │ ── FIN ───────────▶ │
 *       │ ◀────── answer ──── │  one port         │ ◀────── FIN, ACK ── │  TIME_WAIT, one port for 60 s
 *       │         ⋮           │                   │ ── SYN, request ──▶ │  from the next port
 *
 * Found where those that this process made take a share of the ports towards one destination, or, for a server, of the
 * TIME_WAITs that the kernel keeps at all (tcp_max_tw_buckets). Who finished first only the kernel knows: what counts is
 * its own list, and JavaScript only says why. Not sick: TIME_WAITs that others made, or that were of another minute.
 */
export class TimeWaitBuildup implements HostDetector {
  readonly #share: number;
  readonly #dropped = new DroppedConnections();
  readonly #open = new Map<string, TimeWaitGrowth>();
  #last: readonly Case[] = [];
  #dark = 0;

  constructor(share: number) {
    this.#share = share;
  }

  examine(look: HostLook, at: Instant): readonly Case[] {
    const { census, sysctls, counters } = look;
    this.#dropped.look(look.listeners, at);
    const range = EphemeralRange.of(sysctls);
    if (census === undefined || range === undefined) {
      const waits = this.#last.some(({ count }) => (counters?.tw ?? 0) >= count * goesOnFrom);
      if (!waits || ++this.#dark > looksInTheDark) this.#last = [];
      return this.#last;
    }
    this.#dark = 0;
    const places = [
      ...census.destinations.map((one) => destinationPlace(one, range.count, sysctls)),
      ...census.listeners.map((one) => this.#listenerPlace(one, census, sysctls, at)),
    ];
    const found = places.filter((place) => place !== undefined && this.#isFull(place)) as Place[];
    const growths = new Map(found.map(({ where }) => [where, this.#open.get(where) ?? new TimeWaitGrowth()]));
    this.#open.clear();
    for (const [where, growth] of growths) this.#open.set(where, growth);
    this.#last = found.map((place) => caseOf(place, growths.get(place.where) ?? new TimeWaitGrowth(), at));
    return this.#last;
  }

  #isFull({ where, majority, limit }: Place): boolean {
    const share = this.#share * (this.#open.has(where) ? goesOnFrom : 1);
    return majority.own >= share * limit;
  }

  #listenerPlace(counted: ListenerCount, census: Census, sysctls: Sysctls, at: Instant): Place | undefined {
    const limit = sysctls.tcp_max_tw_buckets;
    const made = this.#dropped.added(counted, at);
    const majority = majorityOf(made);
    if (majority === undefined || limit === undefined) return undefined;
    const { port, timeWaits } = counted;
    return {
      where: `:${port}`,
      timeWaits,
      majority,
      subject: {
        role: 'server',
        listener: this.#dropped.nameOf(port),
        ...measured(timeWaits, majority, limit),
        kernel: { tcp_max_tw_buckets: limit },
      },
      limit,
      usage: census.timeWaits,
      reused: false,
    };
  }
}

function destinationPlace(counted: DestinationCount, limit: number, sysctls: Sysctls): Place | undefined {
  const { localAddress, peerAddress: address, peerPort: port, timeWaits, ports } = counted;
  const majority = majorityOf(counted);
  if (majority === undefined) return undefined;
  const requested = majority.authors.find((author) => author.requested)?.requested;
  const { firstPort, lastPort, tcp_tw_reuse } = sysctls;
  const reused = tcp_tw_reuse === 1 || (tcp_tw_reuse === 2 && (isLoopback(localAddress) || isLoopback(address)));
  return {
    where: `${localAddress}>${formatEndpoint({ address, port })}`,
    timeWaits,
    majority,
    subject: {
      role: 'client',
      destination: formatEndpoint(requested ?? { address, port }),
      local_address: localAddress,
      ...measured(timeWaits, majority, limit),
      kernel: {
        ip_local_port_range: `${firstPort}-${lastPort}`,
        ...(tcp_tw_reuse !== undefined && { tcp_tw_reuse }),
      },
    },
    limit,
    usage: Math.max(ports, timeWaits),
    reused,
  };
}

function measured(timeWaits: number, { own, authors }: Majority, limit: number): Partial<Subject> {
  const per_second = rounded(perSecondOf(own, oldestOf(authors)));
  return { per_second, share: Math.round((timeWaits / limit) * 1000) / 1000, limit, own };
}

function caseOf(place: Place, growth: TimeWaitGrowth, at: Instant): Case {
  const { where, timeWaits, majority, subject, limit, usage, reused } = place;
  const oldestS = oldestOf(majority.authors);
  growth.look(at, usage, oldestS);
  const forecast = reused ? undefined : growth.forecast(usage, subject.per_second ?? 0, limit);
  return placeCase({
    kind: 'time_wait_buildup',
    cause: majority.why,
    count: timeWaits,
    where,
    since: (at - oldestS * 1e6) as Instant,
    severity: reused ? 'warning' : severityOf({ usage, limit }, forecast),
    subject,
    sample: samplesOf(majority.authors),
    forecast: forecast ?? null,
    confidence: majority.inferred ? 'inferred' : 'observed',
  });
}

/** A second after it began, connect() takes the port of a TIME_WAIT where either end is on loopback (tcp_twsk_unique). */
function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}
