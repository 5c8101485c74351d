import type { Endpoint, FourTuple } from '../tcp/endpoint.ts';
import type { TcpState } from '../tcp/state.ts';
import type { CallSite } from './call-site.ts';

/** A socket as a walk over all of them passes it by: each field is read when it is asked for, and holds until the next. */
export interface Glance {
  readonly state: TcpState;
  readonly localPort: number;
  readonly peerPort: number;
  readonly fourTuple: FourTuple;
  /** As a number; 0 where the source does not tell. */
  readonly cookie: number;
  /** 0: no file. */
  readonly inode: number;
  readonly receiveQueue: number;
  readonly sendQueue: number;
  /** Until the timer fires: of a TIME_WAIT, until it is over. Undefined where none runs. */
  readonly expiresMs: number | undefined;
}

/** What a walk over the sockets of the namespace found, place by place. */
export interface Census {
  readonly states: readonly TcpState[];
  /** Every socket was seen. */
  readonly whole: boolean;
  /** Of the whole namespace, whoever's they are. */
  readonly sockets: number;
  readonly timeWaits: number;
  /** Where connections of this host go: those whose local port is one that the kernel gives away. */
  readonly destinations: readonly DestinationCount[];
  /** Where connections come in: those whose local port is that of a listener of ours. */
  readonly listeners: readonly ListenerCount[];
}

/** Sockets that share all of their four numbers but the local port. */
export interface DestinationCount {
  readonly localAddress: string;
  readonly peerAddress: string;
  readonly peerPort: number;
  /** Local ports that are taken, whatever the state; TIME_WAIT included. */
  readonly ports: number;
  readonly timeWaits: number;
  /** Of these TIME_WAITs, those that this process closed, the most frequent reason first. */
  readonly authors: readonly Author[];
}

export interface ListenerCount {
  readonly port: number;
  readonly timeWaits: number;
  readonly authors: readonly Author[];
  /** A few of those that no author is known of. */
  readonly unclaimed: readonly TimeWaitSample[];
  /** So many of those a second, lately, by their timers. */
  readonly unclaimedPerSecond: number;
}

/** Closed TIME_WAITs of one reason at one line. */
export interface Author {
  readonly why: CloseReason;
  readonly count: number;
  readonly site: CallSite | undefined;
  /** Of the oldest of them, in seconds since it was closed. */
  readonly oldestS: number;
  /** Of those that were closed since the census before, in the last five to ten seconds; 0 where none was. */
  readonly perSecond: number;
  /** How the application named the destination, where it is known. */
  readonly requested: Endpoint | undefined;
  /** A few of them: the cookie, or the four-tuple where there are none. */
  readonly sample: readonly TimeWaitSample[];
  /** Not each of them was recognised: joined by the destination alone, for want of cookies, or worked out of a part. */
  readonly inferred: boolean;
}

export interface TimeWaitSample {
  readonly connectionId: string;
  readonly local: Endpoint;
  readonly peer: Endpoint;
  readonly ageS: number;
}

/** What had the descriptor closed, as JavaScript could tell at that moment; who finished first only the kernel knows. */
export type CloseReason = (typeof closeReasons)[number];

export const closeReasons = [
  'unknown',
  'closed_by_app',
  'no_keep_alive',
  'connection_close',
  'small_pool',
  'short_keep_alive_timeout',
  'aborted_requests',
  'max_connections_drop',
] as const;
