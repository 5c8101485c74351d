import { type Instant, instant } from '../tcp/identity.ts';
import { handshakeRetransmits, type TcpInfo } from '../tcp/tcp-info.ts';
import { catchUpAtStart, clamp } from './found-state.ts';
import { type Lifecycle, newLifecycle } from './lifecycle.ts';
import type { LifecycleEvent } from './lifecycle-event.ts';
import type { Accepted, Adopted, Assigned, Connected, ConnectFailed, Connecting, Transition } from './observation.ts';
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
  connection.awaitsRequest = event.awaitsRequest === true;
  connection.site = event.site;
  return connection;
}

/**
 * Second and third step, as the client learns of them. Node hears of it a turn of the event loop later, or seconds
 * later when the loop is blocked; the kernel's round-trip time says when the SYN+ACK really came.
 */
export function complete(connection: Lifecycle, { at, id, info }: Connected): LifecycleEvent[] {
  if (id) connection.id = { ...connection.id, tuple: id.tuple ?? connection.id.tuple };
  if (info && connection.role === 'client' && connection.rttUs === undefined) learn(connection, info);
  if (connection.phase !== 'opening') return [];
  const syn = connection.syn?.at ?? at;
  if (info) connection.source = 'sock_diag';
  const events = enter(connection, 'established', {
    at: clientEstablished(syn, at, info),
    source: connection.source,
    inferred: info !== undefined,
  });
  // The peer may have finished before Node looked.
  return info ? [...events, ...catchUpAtStart(connection, at, info)] : events;
}

/** The request is known that the connection was opened for. */
export function assign(connection: Lifecycle, { at, context }: Assigned): LifecycleEvent[] {
  if (connection.phase === 'opening') {
    connection.context = context;
    return [];
  }
  if (!connection.awaitsRequest) return [];
  connection.awaitsRequest = false;
  return [{ kind: 'request_assigned', connection, at, context }];
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
  const syn = instant(established - (serverHandshakeUs(info) ?? 0));
  connection.syn = { at: syn, inferred: true };
  connection.stateSince = syn;
  const sighting = { at: established, source: connection.source, inferred: true };
  const events: LifecycleEvent[] = [
    { kind: 'handshake_started', connection, at: syn },
    ...enter(connection, 'established', sighting),
  ];
  if (info) events.push(...catchUpAtStart(connection, at, info));
  return { connection, events };
}

/** The kernel shows the first edge of a life, before this process knows of it, or one of a life that is half over. */
export function openByEdge(transition: Transition): { connection: Lifecycle; events: LifecycleEvent[] } {
  const { id, at, source, from, to } = transition;
  const opens = (from === 'closed' && to === 'syn_sent') || (from === 'listen' && to === 'syn_received');
  const connection = newLifecycle(undefined, id, at, source, opens ? to : from);
  if (!opens) return { connection, events: [] };
  connection.role = to === 'syn_sent' ? 'client' : 'server';
  // Linux makes the server's socket when the third segment has come: the SYN was a round trip before that.
  connection.syn = { at, inferred: to === 'syn_received' };
  return { connection, events: [{ kind: 'handshake_started', connection, at }] };
}

/** A socket whose handshake nobody saw: it was there before, or came from elsewhere. */
export function adopt({ socket, id, at, inJavaScript, unaccepted = false }: Adopted): Lifecycle {
  const connection = newLifecycle(socket, id, at, 'userland', 'established');
  connection.inJavaScript = inJavaScript;
  connection.unaccepted = unaccepted;
  if (unaccepted) connection.role = 'server';
  return connection;
}

/** A connection that the kernel had shown has a JavaScript socket now, or shows that it had one. */
export function claim(connection: Lifecycle, event: Accepted | Adopted): void {
  connection.ref = event.socket;
  connection.inJavaScript = true;
  connection.unaccepted = false;
  if (event.event === 'adopted') return;
  connection.role = 'server';
  connection.site ??= event.site;
}

/** When the client's handshake was over of which Node heard at `at`, by what the kernel said then. */
export function clientEstablished(syn: Instant, at: Instant, info: TcpInfo | undefined): Instant {
  return info ? clamp(syn, synAnswered(syn, at, info), at) : at;
}

/** How long the server's took: the round trip of SYN+ACK and ACK. Undefined where the kernel cannot be asked. */
export function serverHandshakeUs(info: TcpInfo | undefined): number | undefined {
  return info?.rttUs;
}

function synAnswered(syn: Instant, at: Instant, info: TcpInfo): Instant {
  const again = handshakeRetransmits(info);
  // Once data was sent again, the kernel counts from that and not from ESTABLISHED.
  const isUntold = again === undefined && info.totalRetransmits !== undefined;
  const firstSynAnswered = (again === 0 || isUntold) && info.rttUs > 0;
  return instant(firstSynAnswered ? syn + info.rttUs : at - info.lastDataSentMs * 1000);
}

function learn(connection: Lifecycle, info: TcpInfo): void {
  connection.info = info;
  connection.rttUs = info.rttUs > 0 ? info.rttUs : undefined;
  connection.synRetransmits = handshakeRetransmits(info);
}
