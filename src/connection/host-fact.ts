import type { Endpoint } from '../tcp/endpoint.ts';
import type { Instant, SocketIdentity } from '../tcp/identity.ts';
import type { CallSite } from './call-site.ts';
import type { Census } from './census.ts';
import type { ObservationSource } from './observation-source.ts';
import type { WallOffset } from './wall-time.ts';

/** Something that is true of the host, the network namespace or this process, and of no single connection. */
export interface HostFact {
  readonly kind: 'host';
  readonly source: ObservationSource;
  readonly at: Instant;
  readonly scope: 'host' | 'namespace' | 'process' | 'thread';
  readonly fact: Fact;
}

export type Fact =
  /** What the kernel has counted since the namespace was made, and a few numbers of now (`tw`, `inuse`), by its names. */
  | { readonly name: 'counters'; readonly values: Counters }
  /** Settings, by their names. */
  | { readonly name: 'sysctls'; readonly values: Sysctls }
  /** The longest time that the event loop of this thread was held since the last look. */
  | { readonly name: 'loop_delay'; readonly longestMs: number }
  /** A listener of this process. */
  | { readonly name: 'listener'; readonly listener: ListenerFact }
  /** Handshakes that wait for their last ACK (SYN_RECV) at listeners of this process, by local port. */
  | { readonly name: 'half_open'; readonly byPort: ReadonlyMap<number, HalfOpen> }
  /** All sockets of the namespace in some states, by destination. */
  | { readonly name: 'census'; readonly census: Census }
  /** connect() found no free port, so many times. */
  | ({ readonly name: 'port_failure' } & PortFailure)
  /** A request went out on a connection that the peer had finished. */
  | ({ readonly name: 'race' } & Race)
  /** Soon after that: the server of the same name was not there. */
  | ({ readonly name: 'refusal' } & Refusal)
  /** Idle connections of HTTP agents to one destination. */
  | ({ readonly name: 'idle_agents' } & IdleAgents)
  /** A socket that the kernel shows is another process's. */
  | { readonly name: 'foreign'; readonly id: SocketIdentity }
  /** The trace that a connection was opened in; `socket`: the hook's number for it. */
  | { readonly name: 'trace'; readonly socket: number; readonly traceId: string }
  /** A connection that option `ignore` leaves out, told where whoever replays could not work it out. */
  | { readonly name: 'ignored'; readonly socket: number }
  /** Some of what was observed is not in the recording: what it told before says nothing of what follows. */
  | { readonly name: 'told_anew' }
  /** The next so many observations tell again what earlier parts of a recording told: of a connection, as it is now. */
  | { readonly name: 'told_again'; readonly count: number }
  /** Of the suspicious connections, in their order, so many from that one on are judged as they are at this moment. */
  | { readonly name: 'suspects_seen'; readonly from: number; readonly count: number }
  /** A look is over and is judged now. */
  | ({ readonly name: 'look' } & LookEnd);

/** What a look is judged by, besides what was seen. The fact's own time is when the judging began. */
export interface LookEnd {
  /** The event loop's own time, in microseconds, which stands still while the loop is blocked. */
  readonly clock: Instant;
  /** Suspicious connections that are judged. */
  readonly suspects: number;
  /** Open files of this process and how many it may have; undefined where the host does not say. */
  readonly descriptors: { readonly usage: number; readonly limit: number } | undefined;
  readonly wallTime: readonly WallOffset[];
}

export type CounterName =
  | 'tw'
  | 'inuse'
  | 'ListenOverflows'
  | 'ListenDrops'
  | 'TCPReqQFullDoCookies'
  | 'TCPReqQFullDrop'
  | 'SyncookiesSent'
  | 'TW'
  | 'TWKilled'
  | 'TCPTimeWaitOverflow';

export type Counters = Readonly<Partial<Record<CounterName, number>>>;

/** Those that a verdict or its words depend on. Undefined where this kernel has none of that name. */
export interface Sysctls {
  readonly firstPort?: number | undefined;
  readonly lastPort?: number | undefined;
  /** Ports of that range that are kept out of it (ip_local_reserved_ports). */
  readonly reservedPorts?: readonly { readonly first: number; readonly last: number }[] | undefined;
  readonly tcp_tw_reuse?: number | undefined;
  readonly tcp_max_tw_buckets?: number | undefined;
  readonly tcp_fin_timeout?: number | undefined;
  readonly somaxconn?: number | undefined;
  readonly tcp_max_syn_backlog?: number | undefined;
  readonly tcp_syncookies?: number | undefined;
}

export interface ListenerFact {
  /** Its cookie, or `ino:N`: the same from look to look, and no other socket's. */
  readonly socket: string;
  /** Where it listens. */
  readonly local: Endpoint;
  /** Connections that wait to be accepted. */
  readonly queue: number;
  /** How many may wait: with one more the queue is full (sk_acceptq_is_full in include/net/sock.h). */
  readonly backlog: number;
  /** The kernel said so; else it is what listen() asked for, 511 when it did not say, and somaxconn at most. */
  readonly backlogTold: boolean;
  /** SYNs and ACKs that the kernel has dropped at this listener, for whatever reason; undefined where it does not say. */
  readonly drops: number | undefined;
  /** Nothing else listens in the network namespace. */
  readonly alone: boolean;
  /** `primary`: of a cluster, whose workers get the connections from it. */
  readonly cluster: 'primary' | 'worker' | undefined;
  /** server.maxConnections, where it is set, and how many there are. */
  readonly maxConnections: number | undefined;
  readonly connections: number | undefined;
  /** Of the listen() call. */
  readonly site: CallSite | undefined;
}

export interface HalfOpen {
  readonly count: number;
  /** Of these, those that have been sent their SYN+ACK again: in an ordinary handshake that is not needed. */
  readonly unanswered: number;
}

/** Attempts of one sort to connect to one destination, since the last look. */
export interface PortFailure {
  /** Of the first of them. */
  readonly at: Instant;
  /** EADDRNOTAVAIL from connect(2); EADDRINUSE from the bind(2) before it. */
  readonly error: 'EADDRNOTAVAIL' | 'EADDRINUSE';
  readonly peer: Endpoint;
  /** How the application named it. */
  readonly requested: Endpoint | undefined;
  /** Where the application chose the local address. */
  readonly localAddress: string | undefined;
  readonly count: number;
  readonly sample: readonly FailedConnect[];
}

export interface FailedConnect {
  readonly at: Instant;
  readonly connectionId: string;
  readonly site: CallSite | undefined;
}

export interface Race {
  readonly at: Instant;
  readonly connectionId: string;
  readonly local: Endpoint | undefined;
  readonly peer: Endpoint | undefined;
  readonly requested: Endpoint | undefined;
  /** ECONNRESET, EPIPE. */
  readonly error: string;
  /** `GET /path` */
  readonly request: string | undefined;
  /** The FIN of the peer had come so many milliseconds before the failure. */
  readonly finBeforeMs: number;
  /** For so long the connection had been idle when the peer finished. */
  readonly peerIdleMs: number | undefined;
  /** For so long the client would have kept it idle. */
  readonly agentIdleMs: number | undefined;
  readonly site: CallSite | undefined;
}

export interface Refusal {
  readonly at: Instant;
  readonly requested: Endpoint;
}

export interface IdleAgents {
  readonly destination: string;
  /** Different agents that served their first moment there and nothing since, and how many connections they keep idle. */
  readonly agents: number;
  readonly connections: number;
  /** Agents with connections to the same destination that are in use, or were for longer. */
  readonly others: number;
  /** For so long the longest of them has been idle. */
  readonly oldestMs: number;
  /** When the newest of these agents opened its first connection. */
  readonly newestAt: Instant;
  /** A few of them, those whose connect() was captured first. */
  readonly sample: readonly IdleConnection[];
}

export interface IdleConnection {
  readonly connectionId: string;
  readonly local: Endpoint | undefined;
  readonly peer: Endpoint | undefined;
  readonly idleMs: number;
  readonly site: CallSite | undefined;
}
