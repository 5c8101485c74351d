import { instant } from '../tcp/identity.ts';
import type { TcpState } from '../tcp/state.ts';
import type { TcpInfo } from '../tcp/tcp-info.ts';
import { catchUp, lastSegment, wasReset } from './found-state.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { LifecycleEvent } from './lifecycle-event.ts';
import type { Closed, Ending } from './observation.ts';
import { finish, tellingTheStart } from './state-change.ts';

/**
 * The application ended its side. Whether that makes us the first to say goodbye only the kernel can tell: in
 * JavaScript it looks the same when the peer's FIN is already there. The state stays the one last seen; a FIN that is
 * still on its way to the kernel has changed nothing yet.
 */
export function end(connection: Lifecycle, { at, info }: Ending): LifecycleEvent[] {
  if (connection.phase !== 'open') return [];
  return tellingTheStart(connection, () => {
    const events = info ? catchUp(connection, at, info) : [];
    if (info?.state === 'established') connection.initiator = 'local';
    // Asked for, and sent once what is queued before it has gone.
    connection.finSent ??= { at, inferred: true };
    return events;
  });
}

/**
 * The descriptor closes: the last moment at which this process can ask. What comes after (FIN_WAIT, LAST_ACK,
 * TIME_WAIT) it will not see, so the teardown is told up to here.
 */
export function close(connection: Lifecycle, event: Closed): LifecycleEvent[] {
  const { at, info } = event;
  connection.bytesRead = event.bytesRead;
  connection.bytesWritten = event.bytesWritten;
  connection.closedWhy = event.why;
  connection.site = event.site ?? connection.site;
  if (connection.phase === 'released') return [];
  // A connect() that was given up is a failure, whatever it was given up for.
  if (connection.phase === 'opening') {
    connection.error = 'ECONNABORTED';
    return finish(connection, at);
  }
  connection.error ??= ofTheConnection(event.error);
  const events = tellingTheStart(connection, () => {
    const caughtUp = info ? catchUp(connection, at, info) : [];
    if (alreadyOver(event)) caughtUp.push(...noteHowItEnded(connection, event));
    else leave(connection, event);
    return caughtUp;
  });
  return [...events, ...finish(connection, at)];
}

/** Bytes of payload that the kernel holds and nobody read; undefined when it cannot be told. */
export function unreadBytes(info: TcpInfo | undefined, bytesRead: number): number | undefined {
  if (info?.bytesReceived === undefined) return undefined;
  return Math.max(0, info.bytesReceived - bytesRead - (finCounted.has(info.state) ? 1 : 0));
}

/** The states in which `tcpi_bytes_received` counts the peer's FIN. */
const finCounted: ReadonlySet<TcpState> = new Set(['close_wait', 'last_ack', 'closing', 'time_wait']);

/**
 * Nothing is left to close: the kernel's socket is in CLOSE already. Only where the kernel cannot be asked the error
 * must do; a program may destroy its socket with any error it likes.
 */
function alreadyOver({ info, error }: Closed): boolean {
  if (info) return info.state === 'closed';
  return error !== undefined && connectionErrors.has(error);
}

const cutOff = new Set(['ECONNABORTED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN']);
const connectionErrors = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', ...cutOff]);

/** A library that destroys its socket with an error of its own (UND_ERR_SOCKET, ABORT_ERR) says nothing of the connection. */
function ofTheConnection(error: string | undefined): string | undefined {
  return error !== undefined && /^E(?!RR_)[A-Z0-9]+$/.test(error) ? error : undefined;
}

function noteHowItEnded(connection: Lifecycle, event: Closed): LifecycleEvent[] {
  const { at, error, info } = event;
  const timedOut = error === 'ETIMEDOUT';
  if (peerFinished(event) && connection.finReceived === undefined) {
    // Where ours was not sent, the last acceptable segment that came was the peer's.
    const dated = info && connection.finSent === undefined;
    const since = instant(Math.max(connection.stateSince, connection.lookedAt ?? 0));
    connection.finReceived = { at: dated ? lastSegment(at, info, since) : at, inferred: true };
    if (connection.initiator === 'unknown' && connection.finSent === undefined) connection.initiator = 'remote';
  }
  if (!timedOut && !(error !== undefined && cutOff.has(error)) && !bothFinished(connection, event))
    return wasReset(connection, at);
  if (timedOut) connection.closeType = 'timeout';
  else if (error !== undefined && cutOff.has(error)) connection.closeType = 'abort';
  else {
    connection.finReceived ??= { at, inferred: true };
    connection.closeType = 'fin';
  }
  connection.state = 'closed';
  connection.stateSince = at;
  return [];
}

/**
 * Orderly, in CLOSE: both FINs. Ours not sent means a RST ended it, since CLOSE_WAIT leads nowhere else by itself. Where
 * the kernel does not count the peer's, our own must do for an answer.
 */
function bothFinished({ finSent, finReceived }: Lifecycle, { error, info }: Closed): boolean {
  if (finSent === undefined || error === 'ECONNRESET') return false;
  return finReceived !== undefined || info?.bytesReceived === undefined;
}

/**
 * The kernel counts one byte for the peer's FIN, beyond those that were read or still could be. Where it was not asked
 * how many could be, a connection that ended without an error is taken to have been read.
 */
function peerFinished({ info, unread, bytesRead, error }: Closed): boolean {
  if (info?.bytesReceived === undefined || (unread === undefined && error !== undefined)) return false;
  return info.bytesReceived > bytesRead + (unread ?? 0);
}

/**
 * This side goes, on purpose: with a FIN, or with a RST when it was asked for or when payload was left unread. Nobody
 * in this process sees the segment leave, and none leaves while another process holds the descriptor too.
 */
function leave(connection: Lifecycle, { at, how, info, unread, bytesRead }: Closed): void {
  const first = connection.finReceived === undefined && connection.finSent === undefined;
  if (first && info !== undefined) connection.initiator = 'local';
  // RFC 9293, section 3.10.4, and tcp_close(): closing over unread payload aborts.
  if (how === 'reset' || (unread ?? unreadBytes(info, bytesRead) ?? 0) > 0) {
    connection.rstSent = { at, inferred: true };
    connection.closeType = 'rst';
    return;
  }
  connection.finSent ??= { at, inferred: true };
  connection.closeType = 'fin';
}
