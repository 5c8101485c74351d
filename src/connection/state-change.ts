import type { Instant } from '../tcp/identity.ts';
import type { TcpState } from '../tcp/state.ts';
import { shortestPath } from '../tcp/transition.ts';
import { type CloseType, type Lifecycle, type Moment, teardownStart } from './lifecycle.ts';
import type { LifecycleEvent } from './lifecycle-event.ts';
import type { ObservationSource } from './observation-source.ts';

/** A connection that changes its mind more often than this is told in part: the first ones, and the last. */
const mostChanges = 24;

/** When and by whom a state was seen. */
export interface Sighting {
  readonly at: Instant;
  readonly source: ObservationSource;
  /** The state was found, but the moment of the change was not seen. */
  readonly inferred: boolean;
  /** A better guess, state by state, of when each one on the way was entered; `at` where there is none. */
  readonly when?: ((state: TcpState) => Instant) | undefined;
  /** What else the last step means for the connection: which side sent a RST, and why. */
  readonly note?: (() => void) | undefined;
}

/**
 * Takes the connection into a state, by way of every state that it must have passed since it was last seen (RFC 9293,
 * section 3.3.2). A state that no way leads to is not believed: the result is empty, the connection unchanged.
 */
export function enter(connection: Lifecycle, to: TcpState, sighting: Sighting): LifecycleEvent[] {
  const path = shortestPath(connection.state, to);
  if (path === undefined || path.length === 0) return [];
  const events: LifecycleEvent[] = [];
  const last = path.length - 1;
  path.forEach((state, index) => {
    const at = later(connection.stateSince, sighting.when?.(state) ?? sighting.at);
    const inferred = sighting.inferred || index < last;
    const note = index < last ? undefined : sighting.note;
    events.push(...step(connection, state, { ...sighting, at, inferred, note }, index === last));
  });
  return events;
}

/** Runs what may note a FIN or a RST, and tells when the teardown has begun with it. */
export function tellingTheStart(connection: Lifecycle, act: () => LifecycleEvent[]): LifecycleEvent[] {
  const before = teardownStart(connection);
  const events = act();
  const start = teardownStart(connection);
  const told = before !== undefined || events.some((event) => event.kind === 'teardown_started');
  if (!told && start) events.push({ kind: 'teardown_started', connection, at: start.at });
  return events;
}

function later(a: Instant, b: Instant): Instant {
  return a > b ? a : b;
}

function step(connection: Lifecycle, to: TcpState, sighting: Sighting, found: boolean): LifecycleEvent[] {
  const { at, source, inferred, note } = sighting;
  const from = connection.state;
  const change = { from, to, at, inferred, found, source };
  const moment: Moment = { at, inferred };
  const events: LifecycleEvent[] = [{ kind: 'state_changed', connection, change }];
  const wasOpening = connection.phase === 'opening';
  const torn = teardownStart(connection) !== undefined;

  connection.state = to;
  connection.stateSince = at;
  if (!wasOpening) remember(connection, change);

  if (to === 'established' && wasOpening) {
    connection.established ??= moment;
    connection.phase = 'open';
    connection.sending = undefined;
    events.push({ kind: 'handshake_completed', connection, at, context: takeContext(connection) });
  }
  noteSegments(connection, from, to, moment);
  note?.();
  // A teardown that was told to its end is not begun again by what the kernel shows later.
  const told = torn || wasOpening || connection.phase === 'released';
  if (!told && teardownStart(connection) !== undefined) events.push({ kind: 'teardown_started', connection, at });
  if (to === 'closed' || to === 'time_wait') events.push(...finish(connection, at));
  return events;
}

/** Which SYN or FIN an edge tells of, and so who began. */
function noteSegments(connection: Lifecycle, from: TcpState, to: TcpState, moment: Moment): void {
  if (from === 'syn_sent' && to === 'syn_received') connection.simultaneousOpen = moment;
  if (to === 'fin_wait_1' || to === 'last_ack') connection.finSent ??= moment;
  if (to === 'close_wait' || to === 'closing' || to === 'time_wait') connection.finReceived ??= moment;
  if (to === 'fin_wait_1') connection.initiator = 'local';
  if (to === 'close_wait') connection.initiator = 'remote';
  if (to === 'closing') connection.initiator = 'simultaneous';
  if (from === 'closing' || from === 'fin_wait_2' || from === 'last_ack') connection.closeType ??= 'fin';
}

/** The descriptor is gone or the kernel has nothing more to say: tells the end of the teardown, once. */
export function finish(connection: Lifecycle, at: Instant): LifecycleEvent[] {
  if (connection.phase === 'released') return [];
  const wasOpening = connection.phase === 'opening';
  connection.phase = 'released';
  connection.endedAt = at;
  if (wasOpening) {
    connection.error ??= 'ECONNABORTED';
    const context = takeContext(connection);
    return [{ kind: 'handshake_failed', connection, at, context, error: connection.error }];
  }
  connection.closeType ??= closeTypeOf(connection);
  return [{ kind: 'teardown_completed', connection, at }];
}

/** A context may hold on to a whole request: it is wanted for one span, not for the life of the connection. */
function takeContext(connection: Lifecycle): unknown {
  const { context } = connection;
  connection.context = undefined;
  return context;
}

function closeTypeOf({ rstSent, rstReceived, finSent, finReceived, error }: Lifecycle): CloseType {
  if (rstSent || rstReceived) return 'rst';
  if (error === 'ETIMEDOUT') return 'timeout';
  if (finSent || finReceived) return 'fin';
  return 'abort';
}

function remember(connection: Lifecycle, change: Lifecycle['changes'][number]): void {
  if (connection.changes.length >= mostChanges) connection.changes.pop();
  connection.changes.push(change);
}
