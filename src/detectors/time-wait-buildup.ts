import type { Census, CloseReason, DestinationCount, ListenerCount } from '../connection/census.ts';
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
import { TimeWaitGrowth } from './time-wait-growth.ts';
import { type Made, type Majority, majorityOf, samplesOf } from './time-wait-place.ts';

/** What was found goes on down to this part of the share that it takes to be found. */
const goesOnFrom = 0.8;

/** From this part of it on it is watched where a place is going. */
const watchedFrom = 0.5;

/** A process that made less than this part of them is one among many, and not the one to change. */
const leastOwn = 0.1;

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

/** What is known of a place from the looks before. */
interface Known {
  readonly growth: TimeWaitGrowth;
  /** While something is wrong there: since when, and the cause as it was told. */
  readonly found: { readonly since: Instant; readonly said: CloseReason } | undefined;
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
 * Found where they take a share of the ports towards one destination, or, for a server, of the TIME_WAITs that the
 * kernel keeps at all (tcp_max_tw_buckets), whoever made them, as long as this process made some of them: the workers of
 * a cluster fill a place together. Who finished first only the kernel knows: what counts is its own list, and JavaScript
 * only says why. Not sick: TIME_WAITs that others made, or that were of another minute.
 */
export class TimeWaitBuildup implements HostDetector {
  readonly #share: number;
  readonly #dropped = new DroppedConnections();
  #known = new Map<string, Known>();
  #last: readonly Case[] = [];
  #dark = 0;

  constructor(share: number) {
    this.#share = share;
  }

  examine(look: HostLook, at: Instant): readonly Case[] {
    const { census, sysctls, counters } = look;
    this.#dropped.look(look.listeners, at);
    const range = census && EphemeralRange.of(sysctls);
    if (census === undefined || range === undefined) {
      const waits = this.#last.some(({ count }) => (counters?.tw ?? 0) >= count * goesOnFrom);
      if (!waits || ++this.#dark > looksInTheDark) this.#last = [];
      return this.#last;
    }
    this.#dark = 0;
    const places = [
      ...census.destinations.map((one) => this.#destinationPlace(one, range.count, sysctls)),
      ...census.listeners.map((one) => this.#listenerPlace(one, census, sysctls, at)),
    ];
    const known = new Map<string, Known>();
    const cases: Case[] = [];
    for (const place of places) {
      if (place === undefined || place.timeWaits < this.#share * watchedFrom * place.limit) continue;
      const { where, majority, usage, timeWaits, limit } = place;
      const before = this.#known.get(where);
      const growth = before?.growth ?? new TimeWaitGrowth();
      // A count of some of them would look like a fall, and the next like growth.
      if (census.whole) growth.look(at, usage - timeWaits, timeWaits, limit);
      const isFull = this.#isFull(place, before?.found !== undefined);
      const found = isFull ? { since: before?.found?.since ?? at, said: majority.why } : undefined;
      known.set(where, { growth, found });
      if (found) cases.push(caseOf(place, growth, found.since));
    }
    this.#known = known;
    this.#last = cases;
    return cases;
  }

  #isFull({ timeWaits, majority: { own }, limit }: Place, wasFull: boolean): boolean {
    const factor = wasFull ? goesOnFrom : 1;
    return timeWaits >= this.#share * factor * limit && own >= leastOwn * factor * timeWaits;
  }

  /** Who made them; the cause that was told of this place stays the cause while it can. */
  #majority(where: string, made: Made): Majority | undefined {
    return majorityOf(made, this.#known.get(where)?.found?.said);
  }

  #listenerPlace(counted: ListenerCount, census: Census, sysctls: Sysctls, at: Instant): Place | undefined {
    const limit = sysctls.tcp_max_tw_buckets;
    const made = this.#dropped.added(counted, at);
    const { port, timeWaits } = counted;
    const where = `:${port}`;
    const majority = this.#majority(where, made);
    if (majority === undefined || limit === undefined) return undefined;
    return {
      where,
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

  #destinationPlace(counted: DestinationCount, limit: number, sysctls: Sysctls): Place | undefined {
    const { localAddress, peerAddress: address, peerPort: port, timeWaits, ports } = counted;
    const where = `${localAddress}>${formatEndpoint({ address, port })}`;
    const majority = this.#majority(where, counted);
    if (majority === undefined) return undefined;
    const requested = majority.authors.find((author) => author.requested)?.requested;
    const { firstPort, lastPort, tcp_tw_reuse } = sysctls;
    const reused = tcp_tw_reuse === 1 || (tcp_tw_reuse === 2 && (isLoopback(localAddress) || isLoopback(address)));
    return {
      where,
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
}

function measured(timeWaits: number, { own, perSecond }: Majority, limit: number): Partial<Subject> {
  const share = Math.round((timeWaits / limit) * 1000) / 1000;
  return { ...(perSecond > 0 && { per_second: rounded(perSecond) }), share, limit, own };
}

function caseOf(place: Place, growth: TimeWaitGrowth, since: Instant): Case {
  const { where, timeWaits, majority, subject, limit, usage, reused } = place;
  const growing = !reused && majority.perSecond > 0 ? growth.forecast(limit) : undefined;
  const forecast = growing && { limit, reached_in_s: growing.reached_in_s };
  return placeCase({
    kind: 'time_wait_buildup',
    cause: majority.why,
    count: timeWaits,
    where,
    since,
    severity: reused ? 'warning' : severityOf({ usage, limit }, forecast),
    subject,
    sample: samplesOf(majority.authors),
    forecast: forecast ?? null,
    ...(growing && { growthPerMinute: growing.perMinute }),
    confidence: majority.inferred ? 'inferred' : 'observed',
  });
}

/** A second after it began, connect() takes the port of a TIME_WAIT where either end is on loopback (tcp_twsk_unique). */
function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}
