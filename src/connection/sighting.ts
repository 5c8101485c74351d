import type { TcpState } from '../tcp/state.ts';
import { isTransition } from '../tcp/transition.ts';
import { lastSegment } from './handshake.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { LifecycleEvent } from './lifecycle-event.ts';
import type { Row, Transition } from './observation.ts';
import { enter, finish } from './state-change.ts';

/** Somebody looked and found the connection in a state; when it got there lies between the looks. */
export function seeRow(connection: Lifecycle, row: Row): LifecycleEvent[] {
  connection.id = merge(connection.id, row.id);
  // Two lookers that count differently would look like progress.
  if (row.socket !== undefined) connection.lookedByDescriptor = true;
  else if (connection.lookedByDescriptor && connection.phase === 'open') return [];
  const events = row.state === connection.state ? [] : changeFoundBy(connection, row);
  noteProgress(connection, row);
  connection.receiveQueue = row.receiveQueue;
  connection.sendQueue = row.sendQueue;
  if (row.info) connection.info = row.info;
  connection.lookedAt = row.at;
  return events;
}

function changeFoundBy(connection: Lifecycle, row: Row): LifecycleEvent[] {
  const since = connection.lookedAt ?? connection.established?.at ?? connection.firstSeen;
  const at = row.info ? lastSegment(row.at, row.info, since) : row.at;
  return enter(connection, row.state, { at, source: row.source, inferred: true });
}

/**
 * Whether a byte moved since the last look: read by the process, or acknowledged by the peer. Bytes that merely
 * arrive are no progress, nobody has read them.
 */
function noteProgress(connection: Lifecycle, row: Row): void {
  const before = moved(connection.info, connection.receiveQueue, connection.sendQueue);
  const now = moved(row.info, row.receiveQueue, row.sendQueue);
  if (connection.lookedAt !== undefined && now === before) return;
  connection.progress++;
  connection.progressAt = row.at;
}

function moved(info: Row['info'], receiveQueue: number, sendQueue: number): string {
  if (info?.bytesReceived === undefined) return `${receiveQueue}/${sendQueue}`;
  return `${info.bytesReceived - receiveQueue}/${info.bytesAcked}`;
}

/** The kernel reported an edge. One whose start is not where the connection was last seen means that one was missed. */
export function seeTransition(connection: Lifecycle, transition: Transition): LifecycleEvent[] {
  const { at, source, from, error } = transition;
  const events: LifecycleEvent[] = [];
  if (connection.state !== from && !isTransition(connection.state, whatItMeans(transition)))
    events.push(...enter(connection, from, { at, source, inferred: true }));
  connection.source = source;
  if (error !== undefined) connection.error ??= error;
  if (transition.to === 'closed') noteWhyClosed(connection, transition);
  const to = whatItMeans(transition);
  events.push(...enter(connection, to, { at, source, inferred: false }));
  if (to === 'closed' && connection.phase !== 'released') events.push(...finish(connection, at));
  return events;
}

/**
 * What Linux means by CLOSE: a socket that enters TIME_WAIT, or an orphaned FIN_WAIT2, goes on as a minisock of which
 * no tracepoint speaks, and the full socket is shown to close (net/ipv4/tcp_minisocks.c, tcp_time_wait).
 */
function whatItMeans({ from, to, finReceived, error }: Transition): TcpState {
  if (to !== 'closed' || error !== undefined) return to;
  if (from === 'closing') return 'time_wait';
  if (from === 'fin_wait_2') return finReceived ? 'time_wait' : 'fin_wait_2';
  return to;
}

function noteWhyClosed(connection: Lifecycle, { from, at, error }: Transition): void {
  const moment = { at, inferred: false };
  if (error === 'ETIMEDOUT') connection.closeType = 'timeout';
  else if (error === 'ECONNRESET' || error === 'EPIPE' || error === 'ECONNREFUSED') {
    connection.rstReceived = moment;
    connection.closeType = 'rst';
    if (connection.initiator === 'unknown') connection.initiator = 'remote';
  } else if (error !== undefined) connection.closeType = 'abort';
  else if (from === 'established' || from === 'close_wait') {
    connection.rstSent = moment;
    connection.closeType = 'rst';
    if (connection.initiator === 'unknown') connection.initiator = 'local';
  }
}

function merge(known: Lifecycle['id'], said: Lifecycle['id']): Lifecycle['id'] {
  const nothingNew =
    (said.cookie === undefined || known.cookie !== undefined) &&
    (said.inode === undefined || known.inode !== undefined) &&
    (said.tuple === undefined || known.tuple !== undefined);
  if (nothingNew) return known;
  return {
    cookie: known.cookie ?? said.cookie,
    inode: known.inode ?? said.inode,
    tuple: known.tuple ?? said.tuple,
  };
}
