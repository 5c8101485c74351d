import { type Instant, instant } from '../tcp/identity.ts';
import type { TcpInfo } from '../tcp/tcp-info.ts';
import { type Lifecycle, newLifecycle } from './lifecycle.ts';
import type { LifecycleEvent } from './lifecycle-event.ts';
import type { Accepted, Connected, ConnectFailed, Connecting } from './observation.ts';
import { enter, finish } from './state-change.ts';

/** First step of the client's handshake: the SYN is out. */
export function openActively(event: Connecting): Lifecycle {
  const connection = newLifecycle(event.socket, event.id, event.at, 'userland', 'syn_sent');
  connection.role = 'client';
  connection.calledAt = event.calledAt;
  connection.requested = event.requested;
  connection.attempt = event.attempt;
  connection.syn = { at: event.at, inferred: false };
  connection.context = event.context;
  connection.suppressed = event.suppressed;
  connection.site = event.site;
  return connection;
}

/**
 * Second and third step, as the client learns of them. Node hears of it a turn of the event loop later, or seconds
 * later when the loop is blocked; the kernel's round-trip time says when the SYN+ACK really came.
 */
export function complete(connection: Lifecycle, { at, id, info }: Connected): LifecycleEvent[] {
  if (connection.phase !== 'opening') return [];
  if (id) connection.id = id;
  const syn = connection.syn?.at ?? at;
  if (info) {
    connection.source = 'sock_diag';
    learn(connection, info);
  }
  const established = info ? clamp(syn, clientEstablished(syn, at, info), at) : at;
  const events = enter(connection, 'established', {
    at: established,
    source: connection.source,
    inferred: info !== undefined,
  });
  // The peer may have finished before Node looked.
  if (info && info.state !== 'established')
    events.push(...enter(connection, info.state, { at, source: 'sock_diag', inferred: true }));
  return events;
}

/** The connection was refused, timed out, or could not be tried at all. */
export function fail(connection: Lifecycle, { at, error }: ConnectFailed): LifecycleEvent[] {
  if (connection.phase !== 'opening') return [];
  connection.error = error;
  if (error === 'ECONNREFUSED' || error === 'ECONNRESET') connection.rstReceived = { at, inferred: true };
  connection.state = 'closed';
  connection.stateSince = at;
  return finish(connection, at);
}

/**
 * The server's handshake is over before accept() tells of it. Its moments are worked out from what the kernel counts
 * on the new socket: the time since ESTABLISHED, and the round trip of SYN+ACK and ACK before that.
 */
export function openPassively(event: Accepted): { connection: Lifecycle; events: LifecycleEvent[] } {
  const { at, info } = event;
  const established = info ? instant(at - info.lastDataSentMs * 1000) : at;
  const connection = newLifecycle(event.socket, event.id, at, info ? 'sock_diag' : 'userland', 'syn_received');
  connection.role = 'server';
  connection.site = event.site;
  if (info) learn(connection, info);
  const syn = instant(established - (info?.rttUs ?? 0));
  connection.syn = { at: syn, inferred: true };
  connection.stateSince = syn;
  const sighting = { at: established, source: connection.source, inferred: true };
  const events: LifecycleEvent[] = [
    { kind: 'handshake_started', connection, at: syn },
    ...enter(connection, 'established', sighting),
  ];
  if (info && info.state !== 'established') {
    const seen = { at: lastSegment(at, info, established), source: 'sock_diag', inferred: true } as const;
    events.push(...enter(connection, info.state, seen));
  }
  return { connection, events };
}

/** Since the last acceptable segment came: after a FIN of the peer, and nothing sent since, that was the FIN. */
export function lastSegment(at: Instant, info: TcpInfo, notBefore: Instant): Instant {
  return clamp(notBefore, instant(at - info.lastAckReceivedMs * 1000), at);
}

function clientEstablished(syn: Instant, at: Instant, info: TcpInfo): Instant {
  const firstSynAnswered = info.totalRetransmits === 0 && info.rttUs > 0;
  return instant(firstSynAnswered ? syn + info.rttUs : at - info.lastDataSentMs * 1000);
}

function learn(connection: Lifecycle, info: TcpInfo): void {
  connection.info = info;
  connection.rttUs = info.rttUs > 0 ? info.rttUs : undefined;
  connection.synRetransmits = info.totalRetransmits;
}

function clamp(low: Instant, value: Instant, high: Instant): Instant {
  return value < low ? low : value > high ? high : value;
}
