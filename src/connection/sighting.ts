import type { TcpState } from '../tcp/state.ts';
import { whenEntered, whenOrphaned } from './found-state.ts';
import { mayBeFromBefore } from './fresh.ts';
import type { Lifecycle, Looker } from './lifecycle.ts';
import type { LifecycleEvent } from './lifecycle-event.ts';
import type { Row, Transition } from './observation.ts';
import { sendingIn } from './sending.ts';
import { enter, finish } from './state-change.ts';

/** Somebody looked and found the connection in a state; when it got there lies between the looks. */
export function seeRow(connection: Lifecycle, row: Row): LifecycleEvent[] {
  if (connection.phase === 'released' && mayBeFromBefore(row, connection.endedAt)) return [];
  learnNames(connection, row.id);
  const byDescriptor = row.socket !== undefined;
  // The one with the descriptor knows best, as long as there is one: where it has fallen silent, the table's word counts.
  const overruled = !byDescriptor && connection.descriptorLooked && connection.phase === 'open';
  connection.descriptorLooked = byDescriptor;
  const events = overruled ? [] : takeRow(connection, row, byDescriptor ? 'descriptor' : row.source);
  connection.lookedAt = row.at;
  return events;
}

function takeRow(connection: Lifecycle, row: Row, looker: Looker): LifecycleEvent[] {
  const { at, source, info } = row;
  const when = info
    ? (state: TcpState) => whenEntered(connection, state, at, info)
    : connection.phase === 'released'
      ? (state: TcpState) => whenOrphaned(connection, state, at)
      : undefined;
  const over = row.state === 'closed' && looker === 'descriptor';
  const note = over ? () => noteFoundClosed(connection, row) : undefined;
  const events = enter(connection, row.state, { at, source, inferred: true, when, note });
  noteProgress(connection, row, looker);
  connection.lookedBy = looker;
  connection.receiveQueue = row.receiveQueue;
  connection.sendQueue = row.sendQueue;
  connection.sending = sendingIn(row);
  if (info) connection.info = info;
  return events;
}

/**
 * In CLOSE by our own descriptor, and nobody in JavaScript has noticed: the application does not read. Without a FIN of
 * ours the peer has reset it, or the kernel has given it up; where segments were being sent again, it may be either.
 */
function noteFoundClosed(connection: Lifecycle, { at, info }: Row): void {
  const timersRan = info === undefined || info.retransmitsInARow > 0 || (info.probes ?? 0) > 0;
  if (connection.finSent !== undefined || timersRan) return;
  connection.rstReceived = { at, inferred: true };
  connection.closeType = 'rst';
  if (connection.initiator === 'unknown') connection.initiator = 'remote';
}

/**
 * Whether a byte moved since the last look: read by the process, or acknowledged by the peer. Bytes that merely
 * arrive are no progress, nobody has read them. Counters are compared with counters; a row that has none is compared
 * by its queues. Two lookers count differently, which is no progress: the first look of another one is only noted.
 */
function noteProgress(connection: Lifecycle, row: Row, looker: Looker): void {
  const { at, info, receiveQueue, sendQueue } = row;
  const read = info?.bytesReceived === undefined ? undefined : info.bytesReceived - receiveQueue;
  const acked = info?.bytesAcked;
  const { readAtLook, ackedAtLook } = connection;
  const counted = read !== undefined && readAtLook !== undefined;
  const comparable = connection.lookedBy === undefined || connection.lookedBy === looker;
  const moved = counted
    ? read !== readAtLook || acked !== ackedAtLook
    : receiveQueue < connection.receiveQueue || sendQueue !== connection.sendQueue;
  const bothCount = acked !== undefined && ackedAtLook !== undefined;
  const taken = bothCount ? acked !== ackedAtLook : sendQueue !== connection.sendQueue;
  connection.readAtLook = read;
  connection.ackedAtLook = acked;
  if (connection.progressAt === undefined || (moved && comparable)) {
    connection.progress++;
    connection.progressAt = at;
  }
  if (connection.ackProgressAt === undefined || (taken && comparable)) {
    connection.ackProgress++;
    connection.ackProgressAt = at;
  }
}

/** The kernel reported an edge. One whose start is not where the connection was last seen means that one was missed. */
export function seeTransition(connection: Lifecycle, transition: Transition): LifecycleEvent[] {
  const { at, source, from, error } = transition;
  const events: LifecycleEvent[] = [];
  // Lives begin in CLOSED and LISTEN: an edge out of these that comes late is no news of an end.
  if (connection.state !== from && from !== 'closed' && from !== 'listen')
    events.push(...enter(connection, from, { at, source, inferred: true }));
  connection.source = source;
  if (error !== undefined) connection.error ??= error;
  const to = whatItMeans(transition);
  const note = transition.to === 'closed' ? () => noteWhyClosed(connection, transition) : undefined;
  events.push(...enter(connection, to, { at, source, inferred: false, note }));
  // An orphan's FIN_WAIT2 goes on without a descriptor, and no edge will tell of its end.
  const over = to === 'closed' || (to === 'fin_wait_2' && transition.to === 'closed');
  if (over) events.push(...finish(connection, at));
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

function learnNames(connection: Lifecycle, said: Lifecycle['id']): void {
  const known = connection.id;
  const nothingNew =
    (said.cookie === undefined || known.cookie !== undefined) &&
    (said.inode === undefined || known.inode !== undefined) &&
    (said.tuple === undefined || known.tuple !== undefined);
  if (nothingNew) return;
  connection.namedBy ??= known;
  connection.id = {
    cookie: known.cookie ?? said.cookie,
    inode: known.inode ?? said.inode,
    tuple: known.tuple ?? said.tuple,
  };
}
