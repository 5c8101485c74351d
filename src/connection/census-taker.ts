import type { Endpoint } from '../tcp/endpoint.ts';
import { type Instant, instant } from '../tcp/identity.ts';
import type { TcpState } from '../tcp/state.ts';
import type { Census, DestinationCount, Glance, ListenerCount } from './census.ts';
import type { ClosedLog, LoggedRecord } from './closed-log.ts';
import type { EphemeralRange } from './ephemeral-range.ts';
import { PortSet } from './port-set.ts';
import { TimeWaits, timeWaitS } from './time-waits.ts';

export interface CensusOrder {
  readonly states: readonly TcpState[];
  /** When it begins. */
  readonly at: Instant;
  /** The one before. */
  readonly before: Instant | undefined;
  readonly range: EphemeralRange;
  /** Ports that somebody listens on: what has one of these came in there, ephemeral or not. */
  readonly listening: ReadonlySet<number>;
  /** Those of this process among them. */
  readonly ours: ReadonlySet<number>;
  readonly closed: ClosedLog;
}

/** So many destinations are counted apart; then those with fewest ports are dropped, which undercounts them. */
const mostCounted = 4096;

/** What was longer ago than this says nothing of how fast they are made now. */
const mostLatelyS = 10;

/** A burst of a moment is no rate. */
const leastLatelyS = 5;

/** So many are told of, those with most ports. */
const mostTold = 1000;

interface Destination {
  readonly localAddress: string;
  readonly peer: Endpoint;
  ports: number;
  /** Those, where the sockets have no cookies. */
  readonly seen: PortSet;
  readonly timeWaits: TimeWaits;
}

/** Counts the sockets of a walk place by place. What it keeps is bounded, however many there are. */
export class CensusTaker {
  readonly #order: CensusOrder;
  readonly #destinations = new Map<string, Destination>();
  readonly #listeners = new Map<number, { readonly timeWaits: TimeWaits; readonly seen: Map<string, PortSet> }>();
  /** So long everything that was closed is remembered, in seconds; the timers of TIME_WAIT are two seconds wide. */
  readonly #rememberedS: number;
  /** So many seconds tell how fast TIME_WAITs are made. */
  readonly #latelyS: number;
  #sockets = 0;
  #timeWaits = 0;
  #outward = 0;
  #nameless = false;

  constructor(order: CensusOrder) {
    this.#order = order;
    const { at, before, closed } = order;
    this.#latelyS = Math.min(mostLatelyS, Math.max(leastLatelyS, (at - (before ?? 0)) / 1e6));
    const sinceS = (at - closed.completeSince) / 1e6;
    this.#rememberedS = sinceS > timeWaitS + 2 ? Number.POSITIVE_INFINITY : sinceS - 2;
  }

  visit(socket: Glance): void {
    const isTimeWait = socket.state === 'time_wait';
    this.#sockets++;
    if (isTimeWait) this.#timeWaits++;
    const { localPort } = socket;
    const { ours, listening, range } = this.#order;
    if (ours.has(localPort)) {
      if (isTimeWait) this.#atListener(socket);
      return;
    }
    if (listening.has(localPort) || !range.has(localPort) || socket.peerPort === 0) return;
    const tuple = socket.fourTuple;
    const { local, peer } = tuple;
    const key = `${local.address}|${peer.address}|${peer.port}`;
    let destination = this.#destinations.get(key);
    if (destination === undefined) {
      if (this.#destinations.size >= mostCounted) this.#dropTheLeast();
      destination = {
        localAddress: local.address,
        peer,
        ports: 0,
        seen: new PortSet(),
        timeWaits: new TimeWaits(this.#order.at, this.#latelyS),
      };
      this.#destinations.set(key, destination);
    }
    // While sockets come and go, the kernel's table shows some twice.
    if (socket.cookie === 0 && !destination.seen.add(localPort)) return;
    destination.ports++;
    if (!isTimeWait) return;
    this.#outward++;
    destination.timeWaits.add(socket, tuple, this.#record(socket, 'server'), this.#order.at, this.#rememberedS);
  }

  /**
   * Where the sockets had no names by which those that this process closed could be told: it closed so many towards a
   * place, and so many are in TIME_WAIT there. Step by step.
   */
  *infer(): Generator<void> {
    if (!this.#nameless) return;
    const { closed, at } = this.#order;
    const places = new Map<string, { readonly waiting: TimeWaits[]; readonly records: LoggedRecord[] }>();
    for (const { peer, timeWaits } of this.#destinations.values()) {
      const key = `${peer.address}|${peer.port}`;
      const place = places.get(key);
      if (place) place.waiting.push(timeWaits);
      else places.set(key, { waiting: [timeWaits], records: [] });
      yield;
    }
    for (const [port, { timeWaits }] of this.#listeners) places.set(`${port}`, { waiting: [timeWaits], records: [] });
    for (const record of closed.since(instant(at - timeWaitS * 1e6))) {
      yield;
      const { place, byCookie, suppressed } = record;
      if (!byCookie || suppressed || place === undefined) continue;
      const key = place.peer ? `${place.peer.address}|${place.peer.port}` : `${place.port}`;
      places.get(key)?.records.push(record);
    }
    for (const { waiting, records } of places.values()) {
      const unknown = waiting.map((one) => one.unknown);
      const all = unknown.reduce((sum, one) => sum + one, 0);
      if (all === 0) continue;
      const weight = Math.min(1, all / records.length);
      for (const record of records) {
        yield;
        waiting.forEach((one, n) => {
          one.addInferred(record, (weight * (unknown[n] ?? 0)) / all);
        });
      }
    }
  }

  /** TIME_WAITs towards all destinations, whether they are told of or not. */
  get outward(): number {
    return this.#outward;
  }

  result(whole: boolean): Census {
    const { states, at } = this.#order;
    const destinations = [...this.#destinations.values()]
      .sort((one, other) => other.ports - one.ports)
      .slice(0, mostTold)
      .map(({ localAddress, peer, ports, timeWaits }): DestinationCount => {
        const of = { localAddress, peerAddress: peer.address, peerPort: peer.port };
        return { ...of, ports, timeWaits: timeWaits.count, authors: timeWaits.authors(at) };
      });
    const listeners = [...this.#listeners].map(([port, { timeWaits }]): ListenerCount => {
      const { count, unclaimed, unclaimedPerSecond } = timeWaits;
      return { port, timeWaits: count, authors: timeWaits.authors(at), unclaimed, unclaimedPerSecond };
    });
    return { states, whole, sockets: this.#sockets, timeWaits: this.#timeWaits, destinations, listeners };
  }

  #atListener(socket: Glance): void {
    let at = this.#listeners.get(socket.localPort);
    if (at === undefined) {
      at = { timeWaits: new TimeWaits(this.#order.at, this.#latelyS), seen: new Map() };
      this.#listeners.set(socket.localPort, at);
    }
    const tuple = socket.fourTuple;
    if (socket.cookie === 0 && !isFirst(at.seen, tuple.peer)) return;
    at.timeWaits.add(socket, tuple, this.#record(socket, 'client'), this.#order.at, this.#rememberedS);
  }

  /** What this process knows of a TIME_WAIT, if it made it, and not as one that can have none at this place. */
  #record(socket: Glance, not: 'client' | 'server'): LoggedRecord | undefined {
    const { closed } = this.#order;
    const { cookie } = socket;
    const record = cookie > 0 ? closed.findNumber(cookie) : closed.findTuple(socket.fourTuple);
    if (cookie === 0 && record === undefined) this.#nameless = true;
    return record === undefined || record.suppressed || record.role === not ? undefined : record;
  }

  #dropTheLeast(): void {
    for (let least = 1; this.#destinations.size > mostCounted / 2; least *= 2)
      for (const [key, { ports }] of this.#destinations) if (ports <= least) this.#destinations.delete(key);
  }
}

/** Of more peers than these it is not kept which of their ports were seen. */
const mostPeers = 4096;

function isFirst(seen: Map<string, PortSet>, { address, port }: Endpoint): boolean {
  const ports = seen.get(address);
  if (ports) return ports.add(port);
  if (seen.size < mostPeers) {
    const first = new PortSet();
    first.add(port);
    seen.set(address, first);
  }
  return true;
}
