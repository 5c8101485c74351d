import type { Endpoint } from '../tcp/endpoint.ts';
import { connectionId, type Instant, type SocketIdentity } from '../tcp/identity.ts';
import type { TcpState } from '../tcp/state.ts';
import type { TcpInfo } from '../tcp/tcp-info.ts';
import type { CallSite } from './call-site.ts';
import type { CloseReason } from './census.ts';
import type { SocketRef, SocketSignals } from './observation.ts';
import type { ObservationSource } from './observation-source.ts';
import type { Sending } from './sending.ts';

/** Who opened it. `unknown` for a socket first seen half-way. */
export type Role = 'client' | 'server' | 'unknown';

/** Whose FIN or RST came first. */
export type CloseInitiator = 'local' | 'remote' | 'simultaneous' | 'unknown';

/**
 * How it ended. `fin`: both sides finished in order, or this side did and the peer was not awaited. `rst`: a RST,
 * sent or received. `timeout`: the kernel gave up. `abort`: ended from outside the connection (SOCK_DESTROY, an
 * interface that went away), without either.
 */
export type CloseType = 'fin' | 'rst' | 'timeout' | 'abort';

/** One edge of a connection's life. */
export interface StateChange {
  readonly from: TcpState;
  readonly to: TcpState;
  readonly at: Instant;
  /** Nobody saw it: it must have happened, because of what was seen before and after. */
  readonly inferred: boolean;
  /** Somebody saw the connection in `to`, whether or not the moment at which it came there. */
  readonly found: boolean;
  readonly source: ObservationSource;
}

/** What was measured or worked out of when a segment went over the wire. */
export interface Moment {
  readonly at: Instant;
  readonly inferred: boolean;
}

/**
 * One connection, from the first SYN to the last ACK, as far as it was seen. Owned and changed by the tracker alone;
 * everybody else reads a view.
 */
export interface Lifecycle {
  ref: SocketRef | undefined;
  readonly firstSeen: Instant;
  id: SocketIdentity;
  /** What it was known by before a stronger name was learnt: the name that people have seen stays. */
  namedBy: SocketIdentity | undefined;
  role: Role;
  /** The best of the sources that spoke of it: who its times come from. */
  source: ObservationSource;

  state: TcpState;
  stateSince: Instant;
  /** What was seen or must have happened after ESTABLISHED; the way there is told by the moments below. */
  changes: StateChange[];

  calledAt: Instant | undefined;
  requested: Endpoint | undefined;
  attempt: number;
  syn: Moment | undefined;
  /** The peer's SYN came before an answer to ours: both sides opened. */
  simultaneousOpen: Moment | undefined;
  established: Moment | undefined;
  rttUs: number | undefined;
  synRetransmits: number | undefined;

  finSent: Moment | undefined;
  finReceived: Moment | undefined;
  rstSent: Moment | undefined;
  rstReceived: Moment | undefined;
  initiator: CloseInitiator;
  closeType: CloseType | undefined;
  /** The handshake's failure, or what the socket was destroyed with: a Node error code. */
  error: string | undefined;
  /** When the descriptor went, or the kernel said CLOSE. */
  endedAt: Instant | undefined;
  /** What had the descriptor closed, as far as JavaScript could tell. */
  closedWhy: CloseReason | undefined;
  phase: Phase;

  receiveQueue: number;
  sendQueue: number;
  /** What holds the send queue up, as the last row that was believed told it. */
  sending: Sending | undefined;
  /** When a row last spoke of it, and who was believed. */
  lookedAt: Instant | undefined;
  lookedBy: Looker | undefined;
  /** Somebody looked by way of our own descriptor, which knows best, and no other row has come since. */
  descriptorLooked: boolean;
  /** Bytes read by the process and acknowledged by the peer, as the last row's counters had them. */
  readAtLook: number | undefined;
  ackedAtLook: number | undefined;
  /** Grows whenever a byte was read by the process or acknowledged by the peer; a leak moves none. */
  progress: number;
  /** When it last grew, as far as looks can tell. */
  progressAt: Instant | undefined;
  /** As the two before, of bytes that the peer acknowledged alone. */
  ackProgress: number;
  ackProgressAt: Instant | undefined;
  info: TcpInfo | undefined;
  bytesRead: number | undefined;
  bytesWritten: number | undefined;

  /** False when this process has a descriptor but no JavaScript socket for it. */
  inJavaScript: boolean;
  /** It waits to be accepted: nobody has a descriptor for it. */
  unaccepted: boolean;
  signals: SocketSignals | undefined;
  site: CallSite | undefined;
  /** Of the connect() call, or of the request that it was made for, until the handshake is over. */
  context: unknown;
  /** A pool opened it for a request that is not known yet. */
  awaitsRequest: boolean;
  suppressed: boolean;
}

/**
 * `opening`: SYN out, no answer. `open`: established until both FINs or a RST. `released`: the descriptor is closed
 * and the teardown told; the kernel may still hold the connection (FIN_WAIT, LAST_ACK, TIME_WAIT, another process).
 */
export type Phase = 'opening' | 'open' | 'released';

/** Who looked: by way of a descriptor of this process, or in a table of the kernel's. */
export type Looker = 'descriptor' | ObservationSource;

/** Its name in everything that people read (`synfin.connection.id`): the same from its first moment to its last. */
export function idOf({ namedBy, id, firstSeen }: Lifecycle): string {
  return connectionId(namedBy ?? id, firstSeen);
}

/** A connection of which nothing is known but that it exists. */
export function newLifecycle(
  ref: SocketRef | undefined,
  id: SocketIdentity,
  firstSeen: Instant,
  source: ObservationSource,
  state: TcpState,
): Lifecycle {
  return {
    ref,
    firstSeen,
    id,
    namedBy: undefined,
    role: 'unknown',
    source,
    state,
    stateSince: firstSeen,
    changes: [],
    calledAt: undefined,
    requested: undefined,
    attempt: 1,
    syn: undefined,
    simultaneousOpen: undefined,
    established: undefined,
    rttUs: undefined,
    synRetransmits: undefined,
    finSent: undefined,
    finReceived: undefined,
    rstSent: undefined,
    rstReceived: undefined,
    initiator: 'unknown',
    closeType: undefined,
    error: undefined,
    endedAt: undefined,
    closedWhy: undefined,
    phase: state === 'syn_sent' || state === 'syn_received' ? 'opening' : 'open',
    receiveQueue: 0,
    sendQueue: 0,
    sending: undefined,
    lookedAt: undefined,
    lookedBy: undefined,
    descriptorLooked: false,
    readAtLook: undefined,
    ackedAtLook: undefined,
    progress: 0,
    progressAt: undefined,
    ackProgress: 0,
    ackProgressAt: undefined,
    info: undefined,
    bytesRead: undefined,
    bytesWritten: undefined,
    inJavaScript: true,
    unaccepted: false,
    signals: undefined,
    site: undefined,
    context: undefined,
    awaitsRequest: false,
    suppressed: false,
  };
}

/** When the teardown began: the first FIN or RST, sent or received. */
export function teardownStart({ finSent, finReceived, rstSent, rstReceived }: Lifecycle): Moment | undefined {
  let first: Moment | undefined;
  for (const moment of [finReceived, finSent, rstSent, rstReceived])
    if (moment && (first === undefined || moment.at < first.at)) first = moment;
  return first;
}
