import type { Attributes } from '@opentelemetry/api';
import { idOf, type Lifecycle } from '../connection/lifecycle.ts';
import { payloadReceived, payloadSent } from '../connection/view.ts';
import { networkType } from '../tcp/endpoint.ts';
import type { Instant } from '../tcp/identity.ts';
import type { TcpState } from '../tcp/state.ts';
import { attribute as a } from './semconv.ts';

/** Of one that failed, `error` is why; what became of the connection later has no place on its handshake. */
export function handshakeAttributes(connection: Lifecycle, error: string | undefined): Attributes {
  const { rttUs, synRetransmits, role, attempt, state } = connection;
  const attributes = commonAttributes(connection, error === undefined ? 'established' : state, error);
  if (rttUs !== undefined) attributes[a.rtt] = rttUs / 1e6;
  if (synRetransmits !== undefined) attributes[a.synRetransmits] = synRetransmits;
  if (role === 'client') attributes[a.connectAttempt] = attempt;
  return attributes;
}

export function teardownAttributes(connection: Lifecycle, end: Instant): Attributes {
  const { state, error, closeType, info, initiator, source } = connection;
  const attributes = commonAttributes(connection, state, error);
  const established = connection.established?.at ?? connection.firstSeen;
  const sent = payloadSent(connection);
  const received = payloadReceived(connection);
  attributes[a.closeInitiator] = initiator;
  attributes[a.connectionDuration] = Math.max(0, end - established) / 1e6;
  if (closeType) attributes[a.closeType] = closeType;
  if (info?.totalRetransmits !== undefined) attributes[a.retransmits] = info.totalRetransmits;
  if (sent !== undefined) attributes[a.bytesSent] = sent;
  if (received !== undefined) attributes[a.bytesReceived] = received;
  // Only the kernel's own events see what comes after the descriptor is closed.
  if (source !== 'ebpf') attributes[a.inferred] = true;
  return attributes;
}

/** What the span of a request is told of the connection that served it. `age` is in seconds. */
export function servingAttributes(connection: Lifecycle, reused: boolean, age: number): Attributes {
  const attributes: Attributes = {
    [a.connectionId]: idOf(connection),
    [a.connectionReused]: reused,
    [a.connectionAge]: age,
  };
  const rttUs = connection.info?.rttUs || connection.rttUs;
  if (rttUs !== undefined) attributes[a.rtt] = rttUs / 1e6;
  return attributes;
}

function commonAttributes(connection: Lifecycle, state: TcpState, error: string | undefined): Attributes {
  const { role, requested, id } = connection;
  const { local, peer } = id.tuple ?? {};
  const attributes: Attributes = {
    [a.networkTransport]: 'tcp',
    [a.role]: role,
    [a.connectionId]: idOf(connection),
    [a.observationSource]: connection.source,
    [a.networkConnectionState]: state,
  };
  if (local && peer) {
    attributes[a.networkType] = networkType(peer.address);
    attributes[a.networkLocalAddress] = local.address;
    attributes[a.networkLocalPort] = local.port;
    attributes[a.networkPeerAddress] = peer.address;
    attributes[a.networkPeerPort] = peer.port;
  }
  const server = role === 'server' ? local : (requested ?? peer);
  if (server) {
    attributes[a.serverAddress] = server.address;
    attributes[a.serverPort] = server.port;
  }
  if (role === 'server' && peer) {
    attributes[a.clientAddress] = peer.address;
    attributes[a.clientPort] = peer.port;
  }
  if (error !== undefined) attributes[a.errorType] = error;
  return attributes;
}
