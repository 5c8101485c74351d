import type { ConnectionView } from '../connection/view.ts';
import type { Cause, FindingKind } from './kinds.ts';

/** What a detector says of one connection. `unknown` is not `clear`: there was not enough to tell. */
export type Verdict =
  | { readonly kind: 'clear' }
  | { readonly kind: 'unknown'; readonly why: string }
  | { readonly kind: 'found'; readonly cause: Cause };

export const clear: Verdict = { kind: 'clear' };

/** Looks at connections for one kind of trouble. Pure: everything it may know is in the view. */
export interface Detector {
  readonly kind: FindingKind;
  /** How long, in microseconds of a running event loop, a verdict must stand before it counts. */
  readonly patience: number;
  examine(connection: ConnectionView): Verdict;
  /** What must not change for a verdict to ripen; where it is not said, the state and the bytes that move either way. */
  standstill?(connection: ConnectionView): number | string;
}

export type Severity = 'warning' | 'critical';

/** Something that is wrong, as everybody is told of it; the names are those of its JSON. */
export interface Finding {
  /** Stays the same while the finding is open. */
  readonly id: string;
  readonly kind: FindingKind;
  readonly cause: Cause;
  readonly severity: Severity;
  readonly status: 'raised' | 'changed' | 'cleared';
  /** When the oldest of its connections got into trouble; ISO 8601. */
  readonly since: string;
  /** Of the oldest, in seconds. */
  readonly age_s: number;
  /** Connections; for some kinds ports, dropped connections or failed requests. */
  readonly count: number;
  readonly growth_per_minute: number;
  readonly subject: Subject;
  /** A few of the connections, oldest first. */
  readonly sample: readonly SampledConnection[];
  readonly forecast: Forecast | null;
  readonly confidence: 'observed' | 'inferred';
}

/** What the finding is about. */
export interface Subject {
  readonly role: ConnectionView['role'];
  /** Where a client's connections go, `host:port` as the application asked for it. */
  readonly destination?: string;
  /** Where a server's connections came in, `address:port`. */
  readonly listener?: string;
  /** The HTTP request on the first of the sampled connections, `POST /upload`. */
  readonly request?: string;
  /** Class of the pipe target that does not drain. */
  readonly pipe_target?: string;
  /** The address of ours whose ports, or whose side of the connection, it is about. */
  readonly local_address?: string;
  /** Connections a second that add to it. */
  readonly per_second?: number;
  /** Of the limit that it is measured against, from 0 to 1. */
  readonly share?: number;
  readonly limit?: number;
  /** Connections that wait in a listener's queue now. */
  readonly queue?: number;
  /** Whose queue it is, in a cluster: the primary's, or one that its workers share. */
  readonly cluster?: 'primary' | 'worker';
  /** For so many milliseconds at a time the event loop was held meanwhile, at the worst and at least. */
  readonly loop_blocked_ms?: number;
  /** Of `count`, those that this process made. */
  readonly own?: number;
  /** Of the ports in use, those that a TIME_WAIT holds. */
  readonly time_waits?: number;
  /** Calls of connect() that found no port. */
  readonly failures?: number;
  /** The last of them, where that is over or may be. */
  readonly failed_s_ago?: number;
  /** The ports were taken by bind(), for a local address that the application chose: one pool for all destinations. */
  readonly pooled_bind?: boolean;
  /** The peer had finished the connection so many milliseconds before the last request on it failed. */
  readonly fin_before_ms?: number;
  /** For how long each side keeps an idle connection: the server, as it was seen; the client, by its setting. */
  readonly peer_idle_timeout_ms?: number;
  readonly agent_idle_timeout_ms?: number;
  /** Different HTTP agents that the connections belong to. */
  readonly agents?: number;
  /** Settings of the kernel that it depends on, by their names, as they are now. */
  readonly kernel?: Readonly<Record<string, number | string>>;
}

export interface SampledConnection {
  readonly connection_id: string;
  readonly local: string | null;
  readonly peer: string | null;
  readonly state: ConnectionView['state'];
  /** In trouble for so long, in seconds: in its state, or without a byte being read or taken. */
  readonly age_s: number;
  /** Bytes that the process has not read; an unread FIN counts as one. */
  readonly rx_queue: number;
  /** Bytes that the peer has not acknowledged; a SYN and a FIN count as one. */
  readonly tx_queue: number;
  readonly call_site: readonly string[];
  /** Of the trace that the connection was opened in; null where there was none. */
  readonly trace_id: string | null;
}

export interface Forecast {
  /** Open files that this process may have (RLIMIT_NOFILE), or ports towards one destination. */
  readonly limit: number;
  /** Seconds until it is reached, at the present growth. */
  readonly reached_in_s: number;
}
