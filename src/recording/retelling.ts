import type { Lifecycle } from '../connection/lifecycle.ts';
import type { Observation, Row, SocketRef } from '../connection/observation.ts';
import type { Endpoint } from '../tcp/endpoint.ts';
import type { Instant } from '../tcp/identity.ts';

const nowhere: Endpoint = { address: 'unknown', port: 0 };

/**
 * Observations from which a tracker that has heard nothing yet comes to know a connection as it is now, with the times
 * that a verdict goes by: since when it has been in its state, and when a byte moved last. What only spans tell of (who
 * measured what of the handshake) is not told again. `socket`: a number for a connection that has none of its own.
 */
export function* retold(connection: Lifecycle, socket: SocketRef): Generator<Observation> {
  yield* opening(connection, socket);
  if (connection.phase === 'released') yield closing(connection, socket);
  else yield* changes(connection);
  yield* looks(connection, socket);
  const { signals, lookedAt, firstSeen } = connection;
  if (signals && connection.phase !== 'released')
    yield { kind: 'socket_event', event: 'inspected', socket, at: lookedAt ?? firstSeen, signals };
}

function* opening(connection: Lifecycle, socket: SocketRef): Generator<Observation> {
  const { role, firstSeen, syn, established, phase, site, suppressed, attempt, inJavaScript, unaccepted } = connection;
  // The name that people have seen is the one that it was first known by.
  const id = connection.namedBy ?? connection.id;
  const event = { kind: 'socket_event', socket, id } as const;
  if (role === 'client') {
    const requested = connection.requested ?? id.tuple?.peer ?? nowhere;
    const at = syn?.at ?? firstSeen;
    const call = { calledAt: connection.calledAt ?? at, attempt, requested, context: undefined, suppressed, site };
    yield { ...event, event: 'connecting', at: firstSeen, ...call };
    if (phase === 'opening') return;
    yield { kind: 'socket_event', event: 'connected', socket, at: established?.at ?? at };
  } else if (role === 'server' && inJavaScript && !unaccepted)
    yield { ...event, event: 'accepted', at: firstSeen, site };
  else yield { ...event, event: 'adopted', at: firstSeen, inJavaScript, unaccepted };
}

function* changes({ changes, id }: Lifecycle): Generator<Observation> {
  for (const { from, to, at, source } of changes) yield { kind: 'transition', source, at, id, from, to };
}

function closing(connection: Lifecycle, socket: SocketRef): Observation {
  const { endedAt: at = connection.stateSince, closedWhy: why, bytesRead = 0, bytesWritten = 0 } = connection;
  return { kind: 'socket_event', event: 'closed', socket, at, how: 'close', why, bytesRead, bytesWritten };
}

/**
 * Rows that show it as it was when last looked at. What moved last, and when, shows by the ones before: as if the peer
 * had acknowledged a byte at the first, and one was read at the second.
 */
function* looks(connection: Lifecycle, socket: SocketRef): Generator<Row> {
  const { lookedAt, progressAt, ackProgressAt } = connection;
  if (lookedAt === undefined) return;
  const last = lookedRow(connection, socket, lookedAt);
  if (progressAt !== undefined) {
    const acked = ackProgressAt ?? progressAt;
    if (acked < progressAt) yield unread(last, acked);
    yield { ...last, at: progressAt };
  }
  yield last;
}

function lookedRow(connection: Lifecycle, socket: SocketRef, at: Instant): Row {
  const { id, state, receiveQueue, sendQueue, sending, lookedBy, info, phase } = connection;
  const byDescriptor = lookedBy === 'descriptor' && phase !== 'released';
  return {
    kind: 'row',
    source: lookedBy === undefined || lookedBy === 'descriptor' ? connection.source : lookedBy,
    at,
    socket: byDescriptor ? socket : undefined,
    id,
    state,
    receiveQueue,
    sendQueue,
    timer: sending?.timer,
    retransmits: sending?.retransmits,
    info: connection.readAtLook === undefined ? undefined : info,
  };
}

/** The same, with one byte more that nobody has read. */
function unread(row: Row, at: Instant): Row {
  return { ...row, at, receiveQueue: row.receiveQueue + 1 };
}
