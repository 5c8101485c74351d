import type {
  Accepted,
  Adopted,
  Closed,
  Connected,
  ConnectFailed,
  Connecting,
  Ending,
  HandedOver,
  Row,
  SocketRef,
  SweepEnd,
  Transition,
} from '../../src/connection/observation.ts';
import { endpoint } from '../../src/tcp/endpoint.ts';
import { cookieFromWords, type Instant, inodeFrom, instant, type SocketIdentity } from '../../src/tcp/identity.ts';
import type { TcpState } from '../../src/tcp/state.ts';
import type { TcpInfo } from '../../src/tcp/tcp-info.ts';

/** Observations from short arguments. Times are seconds, as the tests write them. */
export function seconds(time: number): Instant {
  return instant(Math.round(time * 1e6));
}

/** All names of the n-th socket: cookie, inode, and the four-tuple 10.0.0.1:40000+n to 10.0.0.2:80. */
export function socketId(n: number): Required<SocketIdentity> {
  return {
    cookie: cookieFromWords(0x100 + n, 0),
    inode: inodeFrom(5000 + n),
    tuple: { local: endpoint('10.0.0.1', 40_000 + n), peer: endpoint('10.0.0.2', 80) },
  };
}

/** A struct tcp_info of a quiet connection in this state. */
export function tcpInfo(state: TcpState, fields: Partial<TcpInfo> = {}): TcpInfo {
  return {
    state,
    retransmitsInARow: 0,
    lastDataSentMs: 0,
    lastDataReceivedMs: 0,
    lastAckReceivedMs: 0,
    rttUs: 0,
    totalRetransmits: 0,
    bytesAcked: 1,
    bytesReceived: 0,
    notSentBytes: 0,
    bytesSent: 0,
    bytesRetransmitted: 0,
    ...fields,
  };
}

type Rest<Observation> = Partial<Omit<Observation, 'kind' | 'event' | 'socket' | 'at'>>;

export function connecting(socket: SocketRef, at: number, rest: Rest<Connecting> = {}): Connecting {
  return {
    kind: 'socket_event',
    event: 'connecting',
    socket,
    at: seconds(at),
    id: socketId(socket),
    calledAt: seconds(at),
    attempt: 1,
    requested: endpoint('api.example', 80),
    context: undefined,
    suppressed: false,
    ...rest,
  };
}

export function connected(socket: SocketRef, at: number, rest: Rest<Connected> = {}): Connected {
  return { kind: 'socket_event', event: 'connected', socket, at: seconds(at), ...rest };
}

export function connectFailed(socket: SocketRef, at: number, error: string): ConnectFailed {
  return { kind: 'socket_event', event: 'connect_failed', socket, at: seconds(at), error };
}

export function accepted(socket: SocketRef, at: number, rest: Rest<Accepted> = {}): Accepted {
  return { kind: 'socket_event', event: 'accepted', socket, at: seconds(at), id: socketId(socket), ...rest };
}

export function adopted(socket: SocketRef, at: number, rest: Rest<Adopted> = {}): Adopted {
  const id = socketId(socket);
  return { kind: 'socket_event', event: 'adopted', socket, at: seconds(at), id, inJavaScript: true, ...rest };
}

export function ending(socket: SocketRef, at: number, info?: TcpInfo): Ending {
  return { kind: 'socket_event', event: 'ending', socket, at: seconds(at), info };
}

export function closed(socket: SocketRef, at: number, rest: Rest<Closed> = {}): Closed {
  const bytes = { bytesRead: 0, bytesWritten: 0 };
  return { kind: 'socket_event', event: 'closed', socket, at: seconds(at), how: 'close', ...bytes, ...rest };
}

export function handedOver(socket: SocketRef, at: number): HandedOver {
  return { kind: 'socket_event', event: 'handed_over', socket, at: seconds(at) };
}

/** A row of sock_diag. */
export function row(id: SocketIdentity, at: number, state: TcpState, rest: Rest<Row> = {}): Row {
  const queues = { receiveQueue: 0, sendQueue: 0 };
  return { kind: 'row', source: 'sock_diag', at: seconds(at), id, state, ...queues, ...rest };
}

/** What TCP_INFO said by way of the descriptor of one of our own sockets. */
export function look(socket: SocketRef, at: number, state: TcpState, rest: Rest<Row> = {}): Row {
  return { ...row({}, at, state, { info: tcpInfo(state), ...rest }), socket };
}

export function sweepEnd(startedAt: number, at: number, states: TcpState[], rest: Partial<SweepEnd> = {}): SweepEnd {
  const times = { startedAt: seconds(startedAt), at: seconds(at) };
  return { kind: 'sweep_end', source: 'sock_diag', ...times, states, whole: true, ...rest };
}

/** An edge that the kernel's tracepoint told of the n-th socket. It knows the cookie; the four-tuple is filled in later. */
export function edge(n: number, at: number, from: TcpState, to: TcpState, rest: Rest<Transition> = {}): Transition {
  const { cookie, tuple } = socketId(n);
  return { kind: 'transition', source: 'ebpf', at: seconds(at), id: { cookie, tuple }, from, to, ...rest };
}
