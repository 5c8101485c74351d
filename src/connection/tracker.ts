import { type Instant, instant, type SocketIdentity } from '../tcp/identity.ts';
import { ClosedLog } from './closed-log.ts';
import { experience, isSuspect, wasSeenSinceItsEnd } from './experience.ts';
import { openActively, openPassively } from './handshake.ts';
import { IdentityIndex } from './identity-index.ts';
import { type Lifecycle, newLifecycle } from './lifecycle.ts';
import type { LifecycleEvent } from './lifecycle-event.ts';
import type { Adopted, Observation, Row, SocketEvent, SocketRef, SweepEnd, Transition } from './observation.ts';
import { seeRow, seeTransition } from './sighting.ts';
import { enter } from './state-change.ts';
import { StrangerRows } from './stranger-rows.ts';

export interface TrackerLimits {
  /** Connections held at once; the oldest released one, else the oldest of all, makes room. */
  readonly maxConnections: number;
  /** Of these, at most so many whose descriptor is closed already. */
  readonly maxReleased: number;
}

/** What the tracker holds and what it had to let go. */
export interface TrackerCounts {
  readonly connections: number;
  readonly released: number;
  readonly evicted: number;
  /** Events and rows that a source knows it did not see. */
  readonly lost: number;
  /** Rows of sockets that belong to nobody here and found no more room to wait in. */
  readonly strangersDropped: number;
}

/** RFC 9293, section 3.4.1, and TCP_TIMEWAIT_LEN: what Linux means by 2 MSL. */
const timeWaitUs = 60_000_000;

/** How long a released connection is remembered, in case that the kernel still shows it. */
const releasedUs = 600_000_000;

/** So many closed connections are remembered by cookie: a minute's worth at a thousand a second. */
const mostClosed = 65_536;

const nothing: readonly LifecycleEvent[] = [];

/** All connections of one process. Takes observations, gives what came of them; reads no clock. */
export class Tracker {
  readonly #limits: TrackerLimits;
  readonly #all = new Set<Lifecycle>();
  readonly #index = new IdentityIndex(this.#all);
  readonly #bySocket = new Map<SocketRef, Lifecycle>();
  readonly #closed: ClosedLog;
  /** When each released connection is forgotten, soonest first: every entry is given the same time to live, or less. */
  readonly #released = new Map<Lifecycle, Instant>();
  readonly #suspects = new Set<Lifecycle>();
  readonly #strangers = new StrangerRows();
  #evicted = 0;
  #lost = 0;

  constructor(limits: TrackerLimits) {
    this.#limits = limits;
    this.#closed = new ClosedLog(Math.min(limits.maxConnections, mostClosed));
  }

  observe(observation: Observation): readonly LifecycleEvent[] {
    switch (observation.kind) {
      case 'socket_event':
        return this.#socketEvent(observation);
      case 'row':
        return this.#row(observation);
      case 'transition':
        return this.#transition(observation);
      case 'sweep_end':
        return this.#sweepEnd(observation);
      case 'lost':
        this.#lost += observation.count;
        return nothing;
      case 'host':
        return nothing;
    }
  }

  /** Time has passed: ends TIME_WAITs whose 2 MSL are over and forgets what was released long ago. */
  advance(now: Instant): readonly LifecycleEvent[] {
    const events: LifecycleEvent[] = [];
    for (const [connection, until] of this.#released) {
      if (until > now) continue;
      if (connection.state === 'time_wait')
        events.push(...enter(connection, 'closed', { at: until, source: connection.source, inferred: true }));
      events.push(...this.#forget(connection, 'over'));
    }
    return events;
  }

  /** When `advance` has something to do next. */
  nextDeadline(): Instant | undefined {
    let next: Instant | undefined;
    for (const until of this.#released.values()) if (next === undefined || until < next) next = until;
    return next;
  }

  connections(): Iterable<Lifecycle> {
    return this.#all;
  }

  get(socket: SocketRef): Lifecycle | undefined {
    return this.#bySocket.get(socket);
  }

  knows(id: SocketIdentity): boolean {
    return this.#index.find(id) !== undefined;
  }

  /** Those in CLOSE_WAIT and those with bytes that nobody has read: the only ones worth a closer look. */
  suspects(): ReadonlySet<Lifecycle> {
    return this.#suspects;
  }

  /** Hands over the rows that belong to no known connection, once: someone may find out whose they are. */
  takeStrangers(): readonly Row[] {
    return this.#strangers.take();
  }

  counts(): TrackerCounts {
    return {
      connections: this.#all.size,
      released: this.#released.size,
      evicted: this.#evicted,
      lost: this.#lost,
      strangersDropped: this.#strangers.dropped,
    };
  }

  #socketEvent(event: SocketEvent): readonly LifecycleEvent[] {
    if (event.event === 'connecting') return this.#open(openActively(event), event.at);
    if (event.event === 'accepted') {
      const { connection, events } = openPassively(event);
      return [...this.#admit(connection), ...events, ...this.#settle(connection)];
    }
    if (event.event === 'adopted') return this.#adopt(event);
    const connection = this.#bySocket.get(event.socket);
    if (connection === undefined) return nothing;
    // Whoever has it now is the one to say what becomes of it.
    if (event.event === 'handed_over') return this.#forget(connection, 'over');
    const before = connection.id;
    const events = experience(connection, event);
    if (connection.id !== before) this.#index.add(connection);
    return this.#told(connection, events);
  }

  #open(connection: Lifecycle, at: Instant): readonly LifecycleEvent[] {
    return [...this.#admit(connection), { kind: 'handshake_started', connection, at }];
  }

  #adopt(event: Adopted): readonly LifecycleEvent[] {
    const known = this.#index.find(event.id);
    if (known && known.phase !== 'released') return nothing;
    const connection = newLifecycle(event.socket, event.id, event.at, 'userland', 'established');
    connection.inJavaScript = event.inJavaScript;
    return this.#admit(connection);
  }

  #row(row: Row): readonly LifecycleEvent[] {
    const connection =
      row.socket === undefined ? (this.#index.find(row.id) ?? this.#revive(row)) : this.#bySocket.get(row.socket);
    if (connection === undefined) {
      if (row.socket === undefined) this.#strangers.keep(row);
      return nothing;
    }
    const before = connection.id;
    const events = seeRow(connection, row);
    if (connection.id !== before) this.#index.add(connection);
    if (connection.state === 'time_wait' && row.expiresMs !== undefined)
      this.#release(connection, instant(row.at + row.expiresMs * 1000));
    return this.#told(connection, events);
  }

  /** The kernel shows a connection that was closed here: it goes on without this process, or in another one. */
  #revive(row: Row): Lifecycle | undefined {
    const record = row.id.cookie === undefined ? undefined : this.#closed.find(row.id.cookie);
    if (record === undefined) return undefined;
    const connection = newLifecycle(undefined, row.id, record.closedAt, row.source, 'established');
    connection.role = record.role;
    connection.site = record.site;
    connection.suppressed = record.suppressed;
    connection.phase = 'released';
    connection.endedAt = record.closedAt;
    this.#admit(connection);
    return connection;
  }

  #transition(transition: Transition): readonly LifecycleEvent[] {
    const known = this.#index.find(transition.id);
    const connection =
      known ?? newLifecycle(undefined, transition.id, transition.at, transition.source, transition.from);
    const admitted = known ? [] : this.#admit(connection);
    return this.#told(connection, [...admitted, ...seeTransition(connection, transition)]);
  }

  /** A whole sweep over a state that no longer shows a connection, which only sweeps can see, proves that it left. */
  #sweepEnd({ whole, states, startedAt, at, source }: SweepEnd): readonly LifecycleEvent[] {
    if (!whole) return nothing;
    const events: LifecycleEvent[] = [];
    for (const connection of this.#suspects) {
      const onlySwept = connection.phase === 'released' || !connection.inJavaScript;
      const seen = connection.lookedAt !== undefined && connection.lookedAt >= startedAt;
      if (!onlySwept || seen || !states.includes(connection.state)) continue;
      events.push(...enter(connection, 'closed', { at, source, inferred: true }), ...this.#forget(connection, 'over'));
    }
    return events;
  }

  #told(connection: Lifecycle, events: readonly LifecycleEvent[]): readonly LifecycleEvent[] {
    const settled = this.#settle(connection);
    return settled.length === 0 ? events : [...events, ...settled];
  }

  /** Puts the connection where it belongs after something happened to it. */
  #settle(connection: Lifecycle): readonly LifecycleEvent[] {
    if (!this.#all.has(connection)) return nothing;
    if (isSuspect(connection)) this.#suspects.add(connection);
    else this.#suspects.delete(connection);
    if (connection.phase !== 'released' || this.#released.has(connection)) return nothing;
    this.#index.releaseInode(connection);
    // A connect() that failed, or a socket that the kernel had closed already: nothing is left that a look could find.
    const failed = connection.error !== undefined && connection.established === undefined;
    if (failed || connection.state === 'closed') return this.#forget(connection, 'over');
    if (!this.#isStillTold(connection)) {
      this.#closed.add(connection);
      return this.#forget(connection, 'over');
    }
    const span = connection.state === 'time_wait' ? timeWaitUs : releasedUs;
    this.#release(connection, instant((connection.endedAt ?? connection.stateSince) + span));
    return this.#released.size > this.#limits.maxReleased ? this.#forgetOldestReleased() : nothing;
  }

  /** The kernel goes on speaking of it, or it could not be recognised if it did. */
  #isStillTold(connection: Lifecycle): boolean {
    const { id, source, state } = connection;
    if (id.cookie === undefined || source === 'ebpf' || state === 'time_wait') return true;
    return wasSeenSinceItsEnd(connection);
  }

  #release(connection: Lifecycle, until: Instant): void {
    this.#released.delete(connection);
    this.#released.set(connection, until);
  }

  #admit(connection: Lifecycle): LifecycleEvent[] {
    const events: LifecycleEvent[] = [];
    const previous = this.#index.find(connection.id);
    // The same four-tuple or inode again: the kernel has let go of the one that had it.
    if (previous?.phase === 'released') events.push(...this.#forget(previous, 'over'));
    this.#all.add(connection);
    if (connection.ref !== undefined) this.#bySocket.set(connection.ref, connection);
    this.#index.add(connection);
    if (this.#all.size > this.#limits.maxConnections) events.push(...this.#evict());
    return events;
  }

  #evict(): readonly LifecycleEvent[] {
    this.#evicted++;
    const [oldestReleased] = this.#released.keys();
    const [oldest] = this.#all;
    const victim = oldestReleased ?? oldest;
    return victim ? this.#forget(victim, 'evicted') : nothing;
  }

  #forgetOldestReleased(): readonly LifecycleEvent[] {
    const [oldest] = this.#released.keys();
    return oldest ? this.#forget(oldest, 'over') : nothing;
  }

  #forget(connection: Lifecycle, why: 'over' | 'evicted'): readonly LifecycleEvent[] {
    this.#all.delete(connection);
    this.#released.delete(connection);
    this.#suspects.delete(connection);
    this.#index.remove(connection);
    if (connection.ref !== undefined) this.#bySocket.delete(connection.ref);
    return [{ kind: 'forgotten', connection, why }];
  }
}
