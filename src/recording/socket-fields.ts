import type { HttpSignals, SocketSignals } from '../connection/observation.ts';
import type { FourTuple } from '../tcp/endpoint.ts';
import type { Instant, SocketCookie, SocketIdentity } from '../tcp/identity.ts';
import { tcpStateNames } from '../tcp/state.ts';
import type { TcpInfo } from '../tcp/tcp-info.ts';
import { fields, object } from './fields.ts';
import { endpoint, request } from './names.ts';
import {
  boolean,
  branded,
  integer,
  matching,
  number,
  oneOf,
  optional,
  orNull,
  orUndefined,
  type Shape,
  text,
} from './shape.ts';

export const instant: Shape<Instant> = branded(number);

/** The hook's number for a connection. */
export const socket = integer(0);

export const state = oneOf(tcpStateNames);

const cookie: Shape<SocketCookie> = branded(matching(/^[\da-f]{1,16}$/, 'a cookie in hexadecimal'));

export const identity: Shape<SocketIdentity> = object(
  fields<SocketIdentity>({
    cookie: optional(cookie),
    inode: optional(branded(integer(1))),
    tuple: optional(object(fields<FourTuple>({ local: endpoint, peer: endpoint }))),
  }),
);

export const tcpInfo: Shape<TcpInfo> = object(
  fields<TcpInfo>({
    state,
    retransmitsInARow: number,
    probes: optional(number),
    backoff: optional(number),
    segmentsUnacknowledged: optional(number),
    sendWindow: optional(number),
    lastDataSentMs: number,
    lastDataReceivedMs: number,
    lastAckReceivedMs: number,
    rttUs: number,
    totalRetransmits: orUndefined(number),
    bytesAcked: orUndefined(number),
    bytesReceived: orUndefined(number),
    notSentBytes: orUndefined(number),
    bytesSent: orUndefined(number),
    bytesRetransmitted: orUndefined(number),
  }),
);

const http = object(
  fields<HttpSignals>({
    side: oneOf(['server', 'client', 'fetch']),
    parsing: boolean,
    busy: boolean,
    incomingComplete: boolean,
    request: optional(request),
    piped: boolean,
  }),
);

export const signals: Shape<SocketSignals> = object(
  fields<SocketSignals>({
    destroyed: boolean,
    reading: boolean,
    readableEnded: boolean,
    endQueued: boolean,
    readableLength: number,
    readableFlowing: orNull(boolean),
    writableEnded: boolean,
    writableFinished: boolean,
    writableLength: number,
    allowHalfOpen: boolean,
    bytesRead: number,
    bytesWritten: number,
    pipes: number,
    pipeTarget: optional(object(fields<{ name: string; needsDrain: boolean }>({ name: text, needsDrain: boolean }))),
    hasDataListener: boolean,
    hasReadableListener: boolean,
    iterating: boolean,
    hasOnread: boolean,
    pausedOnConnect: boolean,
    http: optional(http),
  }),
);
