import type { DestinationCount } from '../connection/census.ts';
import { EphemeralRange } from '../connection/ephemeral-range.ts';
import type { HostLook } from '../connection/host-facts.ts';
import { type Endpoint, formatEndpoint } from '../tcp/endpoint.ts';
import type { Instant } from '../tcp/identity.ts';
import { type Case, placeCase, rounded } from './case.ts';
import type { Forecast } from './detector.ts';
import { severityOf } from './growth.ts';
import type { HostDetector } from './host-detector.ts';
import { OpenPlaces } from './open-places.ts';
import { isIPv6, type Shortage, Shortages } from './port-shortage.ts';
import { measured, sampled, settings } from './port-subject.ts';
import { PortUsage, type Usage } from './port-usage.ts';

export interface EphemeralPortsOptions {
  /** Share of the ports towards one destination from which on their growth is watched. */
  readonly timeWaitShare: number;
  /** Whether the application wants to hear nothing of a destination. */
  readonly ignores?: ((peer: Endpoint, requested: Endpoint | undefined) => boolean) | undefined;
}

/** All but a twentieth; and once it has come to that, all but a tenth: a level in between is one finding, not many. */
const reachedShare = 0.95;
const stillReachedShare = 0.9;

/** Censuses that must say so one after the other; where there is more than a minute left, one more. */
const looksToForecast = 3;
const soonS = 60;

/**
 * Towards one destination only the local port is left to tell connections apart, and TIME_WAIT keeps one for a minute.
 *
 *     healthy                                    sick
 *       us                    10.0.0.2:5432        us                    10.0.0.2:5432
 *       │ 40001 ── ESTABLISHED ── │                  │ 40001 ── TIME_WAIT   ── │
 *       │ 40002 ── ESTABLISHED ── │                  │ 40002 ── TIME_WAIT   ── │
 *       │ 40003    free           │                  │   ⋮          ⋮          │
 *       │   ⋮        ⋮            │                  │ 40099 ── TIME_WAIT   ── │
 *       │ 40099    free           │                  connect() = EADDRNOTAVAIL; to 10.0.0.3:5432 all is well
 *
 *     pooled by bind(localAddress, 0)
 *       │ 40001 ── ESTABLISHED ── │ 10.0.0.2:5432
 *       │   ⋮                       ⋮
 *       │ 40099 ── ESTABLISHED ── │ 10.0.0.9:80
 *       bind() = EADDRINUSE, whatever the destination
 *
 * Not sick: many ports that grow no more; TIME_WAITs whose ports the kernel uses again; an address that is not ours.
 */
export class EphemeralPorts implements HostDetector {
  readonly #options: EphemeralPortsOptions;
  readonly #usage = new PortUsage();
  readonly #shortages = new Shortages();
  readonly #places = new OpenPlaces();
  /** Censuses in a row after which the ports of a place would not do. */
  #coming = new Map<string, number>();
  #open = false;

  constructor(options: EphemeralPortsOptions) {
    this.#options = options;
  }

  /** Something was wrong at the last look: only a census shows that it is over. */
  get wantsCensus(): boolean {
    return this.#open;
  }

  examine(look: HostLook, at: Instant): readonly Case[] {
    const limit = EphemeralRange.of(look.sysctls)?.count;
    this.#usage.look(look.census, look.sysctls, at);
    const usages = this.#usage.fullest();
    this.#shortages.look(look.portFailures, (shortage) =>
      this.#isReached(shortage.where, this.#held(shortage, usages, limit)?.ports, limit),
    );
    if (PortUsage.tells(look.census) && limit !== undefined) this.#coming = this.#foreseen(usages, limit);
    const found = new Map<string, Case>();
    const pooled = new Set<string | undefined>();
    for (const shortage of this.#shortages.all()) {
      const usage = usages.get(shortage.where);
      if (this.#isIgnored(shortage, usage) || !this.#isBelieved(shortage, usage, limit)) continue;
      if (shortage.pooled) pooled.add(shortage.last.localAddress);
      found.set(shortage.where, this.#failed(shortage, usages, limit, look, at));
    }
    for (const [where, usage] of usages) {
      // Of the one pool it is told already.
      if (pooled.has(usage.counted.localAddress)) continue;
      if (limit === undefined || found.has(where) || this.#isIgnored(undefined, usage)) continue;
      const filling = this.#filling(where, usage, limit, look, at);
      if (filling) found.set(where, filling);
    }
    this.#places.looked(found);
    this.#open = found.size > 0;
    return [...found.values()];
  }

  /** connect() has failed; whether it would fail now, the census says. */
  #failed(
    shortage: Shortage,
    usages: ReadonlyMap<string, Usage>,
    limit: number | undefined,
    look: HostLook,
    at: Instant,
  ): Case {
    const { where, pooled, failures, last, sample } = shortage;
    const usage = usages.get(where);
    const taken = this.#held(shortage, usages, limit);
    const bound = taken !== undefined && taken !== usage?.counted;
    const reached = this.#isReached(where, taken?.ports, limit);
    const known = reached || this.#usage.isKnownSince(last.at);
    // Without a census, what has failed in this look is the last that is known.
    const missing = reached || (!known && look.portFailures.includes(last));
    const ports = limit !== undefined && known ? Math.min(taken?.ports ?? 0, limit) : undefined;
    const localAddress = last.localAddress ?? (bound ? undefined : usage?.counted.localAddress);
    const destination = formatEndpoint(last.requested ?? last.peer);
    return placeCase({
      kind: 'ephemeral_ports',
      cause: 'exhausted',
      where,
      count: reached ? (ports ?? failures) : failures,
      since: this.#places.found(where, reached, shortage.since),
      severity: missing ? 'critical' : 'warning',
      subject: {
        role: 'client',
        ...(!pooled && { destination }),
        ...(localAddress !== undefined && { local_address: localAddress }),
        ...measured(ports, limit, taken?.timeWaits ?? 0),
        failures,
        ...(!missing && { failed_s_ago: rounded(Math.max(0, at - last.at) / 1e6) }),
        ...((pooled || bound) && { pooled_bind: true }),
        ...settings(look.sysctls),
      },
      sample: sampled(last, sample, at),
      forecast: limit === undefined || !missing ? null : { limit, reached_in_s: 0 },
      confidence: limit === undefined ? 'inferred' : 'observed',
      // What has happened need not be waited for.
      looksToSettle: 1,
    });
  }

  /**
   * Which ports were not free: those of the destination; but what bind() has taken, for whatever destination, is free for
   * no other either.
   */
  #held(
    { where, pooled, last }: Shortage,
    usages: ReadonlyMap<string, Usage>,
    limit: number | undefined,
  ): Pick<DestinationCount, 'ports' | 'timeWaits'> | undefined {
    if (pooled) return this.#usage.pool(last.localAddress);
    const usage = usages.get(where);
    const all = this.#usage.pool(undefined);
    const isTheirs = this.#isReached(where, usage?.taken, limit);
    return !isTheirs && this.#isReached(where, all?.ports, limit) ? all : usage?.counted;
  }

  /** Nobody has failed yet. */
  #filling(where: string, usage: Usage, limit: number, look: HostLook, at: Instant): Case | undefined {
    const { counted, taken, trend } = usage;
    const reached = this.#isReached(where, taken, limit);
    const watched = taken >= limit * this.#options.timeWaitShare && this.#coming.has(where);
    const forecast = watched ? trend.forecast(limit) : undefined;
    const enough = looksToForecast + (forecast && forecast.reached_in_s > soonS ? 1 : 0);
    const coming = (this.#coming.get(where) ?? 0) >= enough ? forecast : undefined;
    if (!reached && coming === undefined) return undefined;
    const when: Forecast = { limit, reached_in_s: reached ? 0 : (coming?.reached_in_s ?? 0) };
    const { localAddress, peerAddress, peerPort, ports, timeWaits, authors } = counted;
    const requested = authors.find((author) => author.requested)?.requested;
    return placeCase({
      kind: 'ephemeral_ports',
      cause: reached ? 'exhausted' : 'forecast',
      where,
      count: ports,
      since: this.#places.found(where, reached, at),
      severity: severityOf({ usage: taken, limit }, when),
      subject: {
        role: 'client',
        destination: formatEndpoint(requested ?? { address: peerAddress, port: peerPort }),
        local_address: localAddress,
        ...measured(ports, limit, timeWaits),
        ...settings(look.sysctls),
      },
      forecast: when,
      ...(coming && { growthPerMinute: coming.perMinute }),
      confidence: 'observed',
      looksToSettle: reached ? 2 : 1,
    });
  }

  #foreseen(usages: ReadonlyMap<string, Usage>, limit: number): Map<string, number> {
    const foreseen = new Map<string, number>();
    for (const [where, { trend }] of usages)
      if (trend.forecast(limit)) foreseen.set(where, (this.#coming.get(where) ?? 0) + 1);
    return foreseen;
  }

  /** EADDRNOTAVAIL of IPv6 may mean that there is no address to go from: then no ports are taken. */
  #isBelieved({ pooled, last }: Shortage, usage: Usage | undefined, limit: number | undefined): boolean {
    if (pooled || !isIPv6(last.peer)) return true;
    if (usage === undefined || limit === undefined) return false;
    return usage.counted.ports >= limit / 2 || isReached(this.#usage.pool(undefined)?.ports, limit);
  }

  #isIgnored(shortage: Shortage | undefined, usage: Usage | undefined): boolean {
    const { ignores } = this.#options;
    if (ignores === undefined) return false;
    if (shortage) return ignores(shortage.last.peer, shortage.last.requested);
    if (usage === undefined) return false;
    const { peerAddress: address, peerPort: port, authors } = usage.counted;
    return ignores({ address, port }, authors.find((author) => author.requested)?.requested);
  }

  #isReached(where: string, ports: number | undefined, limit: number | undefined): boolean {
    return isReached(ports, limit, this.#places.wasReached(where) ? stillReachedShare : reachedShare);
  }
}

function isReached(ports: number | undefined, limit: number | undefined, share = reachedShare): boolean {
  return ports !== undefined && limit !== undefined && ports >= limit * share;
}
