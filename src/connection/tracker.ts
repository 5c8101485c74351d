import { type Instant, instant, type SocketIdentity } from '../tcp/identity.ts';
import { isProvenAbsent } from './absence.ts';
import { Afterlife } from './afterlife.ts';
import type { TrackerCounts, TrackerLimits } from './bounds.ts';
import type { Glance } from './census.ts';
import type { ClosedLog } from './closed-log.ts';
import { experience } from './experience.ts';
import { adopt, claim, openActively, openByEdge, openPassively } from './handshake.ts';
import { IdentityIndex } from './identity-index.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { LifecycleEvent } from './lifecycle-event.ts';
import type {
  Accepted,
  Adopted,
  Observation,
  Row,
  SocketEvent,
  SocketRef,
  SweepEnd,
  Transition,
} from './observation.ts';
import { seeRow, seeTransition } from './sighting.ts';
import { enter } from './state-change.ts';
import { StrangerRows } from './stranger-rows.ts';
import { isSuspect } from './suspect.ts';

const nothing: readonly LifecycleEvent[] = [];

/** All connections of one process. Takes observations, gives what came of them; reads no clock. */
export class Tracker {
  readonly #limits: TrackerLimits;
  readonly #all = new Set<Lifecycle>();
  readonly #index = new IdentityIndex(this.#all);
  readonly #bySocket = new Map<SocketRef, Lifecycle>();
  readonly #afterlife: Afterlife;
  readonly #suspects = new Set<Lifecycle>();
  readonly #strangers = new StrangerRows();
  readonly #isIgnored: (connection: Lifecycle) => boolean;
  #evicted = 0;
  #lost = 0;

  /** `isIgnored`: connections that make neither span nor finding. */
  constructor(limits: TrackerLimits, isIgnored: (connection: Lifecycle) => boolean = () => false) {
    this.#limits = limits;
    this.#isIgnored = isIgnored;
    this.#afterlife = new Afterlife(limits.maxConnections);
  }

  observe(observation: Observation): readonly LifecycleEvent[] {
    switch (observation.kind) {
      case 'socket_event':
        return this.#socketEvent(observation);
      case 'row':
        return observation.state === 'listen' ? nothing : this.#row(observation);
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
    for (const { connection, until } of this.#afterlife.due(now)) {
      if (connection.state === 'time_wait')
        events.push(...enter(connection, 'closed', { at: until, source: connection.source, inferred: true }));
      events.push(...this.#forget(connection, 'over'));
    }
    return events;
  }

  connections(): Iterable<Lifecycle> {
    return this.#all;
  }

  get(socket: SocketRef): Lifecycle | undefined {
    return this.#bySocket.get(socket);
  }

  find(id: SocketIdentity): Lifecycle | undefined {
    return this.#index.find(id);
  }

  /** The only ones worth a closer look. */
  suspects(): ReadonlySet<Lifecycle> {
    return this.#suspects;
  }

  /** Hands over the rows that belong to no known connection, once: someone may find out whose they are. */
  takeStrangers(): readonly Row[] {
    return this.#strangers.take();
  }

  /** Whether a socket without a descriptor may be one that this process closed; answered without making anything. */
  remembers(socket: Glance, at: Instant): boolean {
    return this.#afterlife.remembers(socket, at);
  }

  /** This stranger is another process's: nothing more will be heard of it. */
  reject(id: SocketIdentity): void {
    this.#strangers.reject(id);
  }

  /** What this process closed, those connections included of which nobody wanted to hear. */
  get closed(): ClosedLog {
    return this.#afterlife.log;
  }

  counts(): TrackerCounts {
    return {
      connections: this.#all.size,
      released: this.#afterlife.size,
      evicted: this.#evicted,
      lost: this.#lost,
      strangersDropped: this.#strangers.dropped,
    };
  }

  #socketEvent(event: SocketEvent): readonly LifecycleEvent[] {
    if (event.event === 'connecting') {
      const connection = openActively(event);
      return [...this.#admit(connection), { kind: 'handshake_started', connection, at: event.at }];
    }
    if (event.event === 'accepted') return this.#claim(event) ?? this.#accept(event);
    if (event.event === 'adopted') return this.#claim(event) ?? this.#admit(adopt(event));
    const connection = this.#bySocket.get(event.socket);
    if (connection === undefined) return nothing;
    // Whoever has it now is the one to say what becomes of it.
    if (event.event === 'handed_over') return this.#forget(connection, 'over');
    const before = connection.id;
    const events = experience(connection, event);
    this.#index.rename(connection, before);
    // A connect() to 0.0.0.0 shows only now where it went.
    if (connection.id !== before && this.#isIgnored(connection)) connection.suppressed = true;
    return this.#told(connection, events);
  }

  /** The kernel had shown this connection before the process told of it: they are one. */
  #claim(event: Accepted | Adopted): readonly LifecycleEvent[] | undefined {
    const known = this.#index.find(event.id);
    if (known === undefined || known.phase === 'released') return undefined;
    if (event.event === 'adopted' && !event.inJavaScript) return nothing;
    if (known.ref !== undefined) this.#bySocket.delete(known.ref);
    claim(known, event);
    this.#bySocket.set(event.socket, known);
    return nothing;
  }

  #accept(event: Accepted): readonly LifecycleEvent[] {
    const { connection, events } = openPassively(event);
    return [...this.#admit(connection), ...events, ...this.#settle(connection)];
  }

  #row(row: Row): readonly LifecycleEvent[] {
    const found = row.socket === undefined ? this.#index.find(row.id) : this.#bySocket.get(row.socket);
    // Somebody has accepted it; had this process, it would have said so.
    const known = found?.unaccepted && row.id.inode !== undefined ? undefined : found;
    if (known === undefined && (row.socket !== undefined || this.#strangers.isForeign(row.id))) return nothing;
    const connection = known ?? this.#recall(row);
    if (connection === undefined) {
      if (!this.#afterlife.isFresh(row)) this.#strangers.keep(row);
      return nothing;
    }
    const before = connection.id;
    const events = seeRow(connection, row);
    this.#index.rename(connection, before);
    const until = row.expiresMs === undefined ? undefined : instant(row.at + row.expiresMs * 1000);
    return this.#told(connection, events, connection.state === 'time_wait' ? until : undefined);
  }

  #transition(transition: Transition): readonly LifecycleEvent[] {
    const known = this.#index.find(transition.id) ?? this.#recall(transition);
    if (known) return this.#told(known, seeTransition(known, transition));
    const { connection, events } = openByEdge(transition);
    return this.#told(connection, [...this.#admit(connection), ...events, ...seeTransition(connection, transition)]);
  }

  #recall(said: Row | Transition): Lifecycle | undefined {
    const connection = this.#afterlife.recall(said);
    if (connection) this.#admit(connection);
    return connection;
  }

  #sweepEnd(sweep: SweepEnd): readonly LifecycleEvent[] {
    const { at, source } = sweep;
    const events: LifecycleEvent[] = [];
    for (const connection of [...this.#suspects].filter((suspect) => isProvenAbsent(suspect, sweep))) {
      events.push(...enter(connection, 'closed', { at, source, inferred: true }), ...this.#forget(connection, 'over'));
    }
    return events;
  }

  #told(
    connection: Lifecycle,
    events: readonly LifecycleEvent[],
    until: Instant | undefined = undefined,
  ): readonly LifecycleEvent[] {
    const settled = this.#settle(connection, until);
    return settled.length === 0 ? events : [...events, ...settled];
  }

  /** Puts the connection where it belongs after something happened to it. `until`: when the kernel will let it go. */
  #settle(connection: Lifecycle, until: Instant | undefined = undefined): readonly LifecycleEvent[] {
    if (!this.#all.has(connection)) return nothing;
    if (isSuspect(connection)) this.#suspects.add(connection);
    else this.#suspects.delete(connection);
    if (connection.phase !== 'released') return nothing;
    this.#index.releaseInode(connection);
    if (!this.#afterlife.receive(connection, until)) return this.#forget(connection, 'over');
    return this.#afterlife.size > this.#limits.maxReleased ? this.#evict() : nothing;
  }

  #admit(connection: Lifecycle): LifecycleEvent[] {
    const events: LifecycleEvent[] = [];
    const { tuple } = connection.id;
    const held = this.#afterlife.size > 0 && tuple ? this.#index.holderOf(tuple) : undefined;
    const previous = held ?? this.#index.find(connection.id);
    // The same four-tuple or inode again: the kernel has let go of the one that had it.
    if (previous?.phase === 'released') events.push(...this.#forget(previous, 'over'));
    this.#all.add(connection);
    if (this.#isIgnored(connection)) connection.suppressed = true;
    if (connection.ref !== undefined) this.#bySocket.set(connection.ref, connection);
    this.#index.add(connection);
    if (this.#all.size > this.#limits.maxConnections) events.push(...this.#evict());
    return events;
  }

  /** Makes room: the oldest of those whose descriptor is closed goes first. */
  #evict(): readonly LifecycleEvent[] {
    this.#evicted++;
    const [oldest] = this.#all;
    const victim = this.#afterlife.oldest() ?? oldest;
    return victim ? this.#forget(victim, 'evicted') : nothing;
  }

  #forget(connection: Lifecycle, why: 'over' | 'evicted'): readonly LifecycleEvent[] {
    this.#all.delete(connection);
    this.#afterlife.remove(connection);
    this.#suspects.delete(connection);
    this.#index.remove(connection);
    if (connection.ref !== undefined) this.#bySocket.delete(connection.ref);
    return [{ kind: 'forgotten', connection, why }];
  }
}
