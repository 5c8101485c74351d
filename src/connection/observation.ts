import type { Endpoint } from '../tcp/endpoint.ts';
import type { Instant, SocketIdentity } from '../tcp/identity.ts';
import type { TcpState } from '../tcp/state.ts';
import type { TcpInfo } from '../tcp/tcp-info.ts';
import type { CallSite } from './call-site.ts';
import type { CloseReason } from './census.ts';
import type { HostFact } from './host-fact.ts';
import type { ObservationSource } from './observation-source.ts';

/** All that a source can say. The core learns of the world in no other way. */
export type Observation = Transition | Row | SweepEnd | SocketEvent | HostFact | Lost;

/** The hook's own number for one address attempt, accepted or adopted socket; never used twice in a process. */
export type SocketRef = number;

/** The kernel was seen to change the state of a socket: an edge, at its own time. */
export interface Transition {
  readonly kind: 'transition';
  readonly source: ObservationSource;
  readonly at: Instant;
  readonly id: SocketIdentity;
  readonly from: TcpState;
  readonly to: TcpState;
  /** `sk_err` as a Node error code, when the kernel gave the connection up: ECONNRESET, ETIMEDOUT, … */
  readonly error?: string | undefined;
  /** Linux shows a socket that enters TIME_WAIT as going to CLOSE with the peer's FIN received. */
  readonly finReceived?: boolean | undefined;
}

/** A socket as it was found by somebody who looked: a state, at the time of looking. */
export interface Row {
  readonly kind: 'row';
  readonly source: ObservationSource;
  readonly at: Instant;
  /** Set when the looker came by way of the hook's own record. */
  readonly socket?: SocketRef | undefined;
  readonly id: SocketIdentity;
  readonly state: TcpState;
  /** Bytes that the process has not read; an unread FIN counts as one. For LISTEN: the accept queue. */
  readonly receiveQueue: number;
  /** Bytes that the peer has not acknowledged. For LISTEN: the backlog. */
  readonly sendQueue: number;
  readonly uid?: number | undefined;
  readonly timer?: 'none' | 'retransmit' | 'keepalive' | 'time_wait' | 'probe' | undefined;
  /** Milliseconds until that timer fires. */
  readonly expiresMs?: number | undefined;
  /** Of the oldest segment that is not acknowledged, in a row; `info` knows it too. */
  readonly retransmits?: number | undefined;
  readonly info?: TcpInfo | undefined;
  /** Of a listener: connections that the kernel has dropped there. */
  readonly drops?: number | undefined;
}

/** One look at all sockets in some states is over. Only a whole sweep proves that what it did not show is absent. */
export interface SweepEnd {
  readonly kind: 'sweep_end';
  readonly source: ObservationSource;
  readonly startedAt: Instant;
  readonly at: Instant;
  readonly states: readonly TcpState[];
  readonly whole: boolean;
  /** How many milliseconds after the look before it this one was due; what is over that, the event loop was blocked. */
  readonly dueAfterMs?: number | undefined;
}

/** Something that this process did with one of its sockets, or that Node told it. */
export type SocketEvent =
  | Connecting
  | Connected
  | ConnectFailed
  | Assigned
  | Accepted
  | Adopted
  | Inspected
  | Ending
  | Closed
  | HandedOver;

interface SocketEventBase {
  readonly kind: 'socket_event';
  readonly socket: SocketRef;
  readonly at: Instant;
}

/** connect(2) returned and the SYN is out: one for each address that is tried. */
export interface Connecting extends SocketEventBase {
  readonly event: 'connecting';
  readonly id: SocketIdentity;
  /** When the application called connect(); what lies between is the name look-up and the attempts before. */
  readonly calledAt: Instant;
  /** 1 for the first address. */
  readonly attempt: number;
  /** Host and port as the application asked for them. */
  readonly requested: Endpoint;
  /** The telemetry context of that call; the core carries it and never looks inside. */
  readonly context: unknown;
  /** Tracing was suppressed there: an exporter's own connection, which makes neither span nor finding. */
  readonly suppressed: boolean;
  /** Opened by a pool, for a request that is not known before the connection stands. */
  readonly awaitsRequest?: boolean | undefined;
  readonly site?: CallSite | undefined;
}

/** The request that the connection was opened for is known now; connect() may have run in the context of another. */
export interface Assigned extends SocketEventBase {
  readonly event: 'assigned';
  /** The telemetry context in which the request was made. */
  readonly context: unknown;
}

export interface Connected extends SocketEventBase {
  readonly event: 'connected';
  /** Where the kernel chose more than was asked for: a connect() to 0.0.0.0 goes to 127.0.0.1. */
  readonly id?: SocketIdentity | undefined;
  readonly info?: TcpInfo | undefined;
}

export interface ConnectFailed extends SocketEventBase {
  readonly event: 'connect_failed';
  /** Node's error code: ECONNREFUSED, ETIMEDOUT, … */
  readonly error: string;
}

export interface Accepted extends SocketEventBase {
  readonly event: 'accepted';
  readonly id: SocketIdentity;
  readonly info?: TcpInfo | undefined;
  /** Of the listen() call. */
  readonly site?: CallSite | undefined;
}

/** A socket that was there before anybody watched, or that came from elsewhere with its life half over. */
export interface Adopted extends SocketEventBase {
  readonly event: 'adopted';
  readonly id: SocketIdentity;
  /** False when a descriptor of this process has no JavaScript socket. */
  readonly inJavaScript: boolean;
  /** True: the handshake is done, and it waits in the accept queue of a listener of this process. */
  readonly unaccepted?: boolean | undefined;
}

/** Somebody asked what JavaScript knows of this socket. */
export interface Inspected extends SocketEventBase {
  readonly event: 'inspected';
  readonly signals: SocketSignals;
  /** Of the request that is under way; null when that is not known and the connection's own would mislead. */
  readonly site?: CallSite | null | undefined;
}

/** The application ended its side: shutdown(SHUT_WR) is asked for, a FIN follows what is still queued. */
export interface Ending extends SocketEventBase {
  readonly event: 'ending';
  readonly info?: TcpInfo | undefined;
}

/** The descriptor is about to be closed. */
export interface Closed extends SocketEventBase {
  readonly event: 'closed';
  /** `reset`: the application asked for a RST (`resetAndDestroy`). */
  readonly how: 'close' | 'reset';
  readonly why?: CloseReason | undefined;
  /** Of the last request on it, which may be another than it was opened for. */
  readonly site?: CallSite | undefined;
  /** The error code that the socket was destroyed with. */
  readonly error?: string | undefined;
  readonly info?: TcpInfo | undefined;
  /** Payload that the kernel still holds for a reader, where it was asked. */
  readonly unread?: number | undefined;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** The descriptor went to another process and is no longer ours to watch. */
export interface HandedOver extends SocketEventBase {
  readonly event: 'handed_over';
}

/** A source knows that it did not see something. */
export interface Lost {
  readonly kind: 'lost';
  readonly source: ObservationSource;
  readonly at: Instant;
  readonly count: number;
  readonly what: string;
}

/**
 * What JavaScript knows of a suspicious socket: plain values, read once, at the moment of looking. Names follow
 * Node's where Node has one.
 */
export interface SocketSignals {
  readonly destroyed: boolean;
  /** libuv has been told to read. */
  readonly reading: boolean;
  /** 'end' was emitted: the application knows that the peer has finished. */
  readonly readableEnded: boolean;
  /** The FIN is in JavaScript, though perhaps behind unread data. */
  readonly endQueued: boolean;
  /** Bytes that wait in the stream's own buffer. */
  readonly readableLength: number;
  readonly readableFlowing: boolean | null;
  readonly writableEnded: boolean;
  readonly writableFinished: boolean;
  readonly writableLength: number;
  readonly allowHalfOpen: boolean;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly pipes: number;
  /** Class of the first pipe target, and whether it waits for 'drain'. */
  readonly pipeTarget?: { readonly name: string; readonly needsDrain: boolean } | undefined;
  readonly hasDataListener: boolean;
  readonly hasReadableListener: boolean;
  /** The 'readable' listener is the one that `for await` installs. */
  readonly iterating: boolean;
  readonly hasOnread: boolean;
  readonly pausedOnConnect: boolean;
  /** What HTTP has to do with it, and for which request, where one is under way. */
  readonly http?: HttpSignals | undefined;
}

export interface HttpSignals {
  readonly side: 'server' | 'client' | 'fetch';
  /** The parser is attached: the socket belongs to HTTP, not to an upgrade handler. */
  readonly parsing: boolean;
  /** A request or response is under way on it. */
  readonly busy: boolean;
  /** The incoming message has arrived whole. */
  readonly incomingComplete: boolean;
  /** `POST /upload`, without the query. */
  readonly request?: string | undefined;
  /** The response that arrived is piped onwards. */
  readonly piped: boolean;
}
