import type { Race, Refusal } from '../connection/host-fact.ts';
import type { HostLook } from '../connection/host-facts.ts';
import { formatEndpoint } from '../tcp/endpoint.ts';
import type { Instant } from '../tcp/identity.ts';
import { type Case, placeCase, rounded } from './case.ts';
import type { SampledConnection, Subject } from './detector.ts';
import type { HostDetector } from './host-detector.ts';
import { observedTimeout } from './observed-timeout.ts';

/** A failure counts for so long, in microseconds. */
const windowUs = 300_000_000;

/** So long after a failure it may turn out that the server was not there at all, and how soon that is. */
const goneUs = 5_000_000;
const settleUs = 2_000_000;

/** Of failures that no timeout shows in: a server that is away for a while may not be asked again at once. */
const goneUnseenUs = 12_000_000;

/** Bounds: places, the failures of each, and those of them that are shown. */
const mostPlaces = 100;
const mostFailures = 1000;
const mostRefusals = 256;
const mostSampled = 10;

/**
 * The server gives an idle connection up just when the client uses it again, because the client would keep it longer.
 *
 *     healthy: the client is the first to give up      sick
 *       us                        server                us                        server
 *       │ ◀─────── answer ──────── │                    │ ◀─────── answer ──────── │
 *       │        (idle)            │                    │        (idle)            │
 *       │ ───────── FIN ─────────▶ │                    │ ◀───────── FIN ───────── │  its patience is over
 *       │ ═══ a new connection ══▶ │                    │ ─────── request ───────▶ │
 *                                                       │ ◀───────── RST ───────── │  ECONNRESET
 *
 * Not sick: a server that is started anew, and ends all its connections in one moment, however long each was idle; or
 * one that goes away, as shows when it refuses the next connection.
 */
export class KeepAliveRace implements HostDetector {
  readonly #places = new Map<string, Race[]>();
  readonly #isIgnored: (race: Race) => boolean;
  #refusals: readonly Refusal[] = [];

  /** `isIgnored`: the application wants to hear nothing of that destination. */
  constructor(isIgnored: (race: Race) => boolean = () => false) {
    this.#isIgnored = isIgnored;
  }

  examine({ races, refusals }: HostLook, at: Instant): readonly Case[] {
    for (const race of races) if (!this.#isIgnored(race)) this.#note(race);
    const stillTell = (refusal: Refusal) => at - refusal.at < 2 * goneUnseenUs;
    this.#refusals = [...this.#refusals.filter(stillTell), ...refusals].slice(-mostRefusals);
    const gone = whenGone(this.#refusals);
    const cases: Case[] = [];
    for (const [place, before] of this.#places) {
      const recent = before.filter((failure) => at - failure.at < windowUs && !wasGone(failure, gone, goneUs));
      if (recent.length === 0) this.#places.delete(place);
      else this.#places.set(place, recent);
      const failures = recent.filter((failure) => at - failure.at >= settleUs);
      const timeout = observedTimeout(failures);
      const told = timeout === undefined ? failures.filter((failure) => isSettled(failure, gone, at)) : failures;
      if (timeout !== 'none' && (timeout !== undefined || observedTimeout(told) !== 'none'))
        cases.push(caseOf(place, told, timeout, at));
    }
    return cases;
  }

  #note(race: Race): void {
    const destination = destinationOf(race);
    const line = race.site?.frames()[0];
    const place = line === undefined ? this.#placeTo(destination) : `${destination}|${line}`;
    const failures = this.#places.get(place) ?? [];
    if (failures.length === 0 && this.#places.size >= mostPlaces) return;
    failures.push(race);
    if (failures.length > mostFailures) failures.shift();
    this.#places.set(place, failures);
  }

  /** A request whose line was not captured goes with the others to the same destination. */
  #placeTo(destination: string): string {
    const begins = `${destination}|`;
    for (const place of this.#places.keys()) if (place.startsWith(begins)) return place;
    return begins;
  }
}

/** When each destination refused connections. */
function whenGone(refusals: readonly Refusal[]): ReadonlyMap<string, readonly Instant[]> {
  const gone = new Map<string, Instant[]>();
  for (const { requested, at } of refusals) {
    const destination = formatEndpoint(requested);
    const times = gone.get(destination) ?? [];
    times.push(at);
    gone.set(destination, times);
  }
  return gone;
}

/** The server refused connections just then: it had gone, with all its connections. */
function wasGone(race: Race, gone: ReadonlyMap<string, readonly Instant[]>, withinUs: number): boolean {
  return gone.size > 0 && gone.get(destinationOf(race))?.some((at) => Math.abs(at - race.at) < withinUs) === true;
}

/** Whoever asked again meanwhile found the server there. */
function isSettled(race: Race, gone: ReadonlyMap<string, readonly Instant[]>, at: Instant): boolean {
  return at - race.at >= goneUnseenUs && !wasGone(race, gone, goneUnseenUs);
}

function caseOf(where: string, failures: readonly Race[], timeoutMs: number | undefined, at: Instant): Case {
  const sites = failures.filter(({ site }) => site !== undefined);
  const sampled = [...sites, ...failures.filter(({ site }) => site === undefined)].slice(0, mostSampled);
  const [first, last] = [failures[0], failures.at(-1)];
  const agentMs = failures.find(({ agentIdleMs }) => agentIdleMs !== undefined)?.agentIdleMs;
  const request = sampled[0]?.request;
  const subject: Subject = {
    role: 'client',
    ...(first && { destination: destinationOf(first) }),
    ...(request !== undefined && { request }),
    ...(last && { fin_before_ms: Math.round(last.finBeforeMs) }),
    ...(timeoutMs !== undefined && { peer_idle_timeout_ms: timeoutMs }),
    ...(agentMs !== undefined && { agent_idle_timeout_ms: agentMs }),
  };
  return placeCase({
    kind: 'keep_alive_race',
    cause: 'reused_after_fin',
    count: failures.length,
    where,
    since: first?.at ?? at,
    severity: 'warning',
    subject,
    sample: sampled.map((failure) => sampleOf(failure, at)),
    confidence: 'observed',
  });
}

function sampleOf({ connectionId, local, peer, at: failedAt, site }: Race, at: Instant): SampledConnection {
  return {
    connection_id: connectionId,
    local: local ? formatEndpoint(local) : null,
    peer: peer ? formatEndpoint(peer) : null,
    state: 'closed',
    age_s: rounded((at - failedAt) / 1e6),
    rx_queue: 0,
    tx_queue: 0,
    call_site: site?.frames() ?? [],
    trace_id: null,
  };
}

function destinationOf({ requested, peer }: Race): string {
  const end = requested ?? peer;
  return end ? formatEndpoint(end) : 'unknown';
}
