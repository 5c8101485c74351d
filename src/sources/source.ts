import type { Glance } from '../connection/census.ts';
import type { Observation, SocketRef } from '../connection/observation.ts';
import type { NotSupportedError } from '../errors.ts';
import type { SocketIdentity } from '../tcp/identity.ts';
import type { TcpState } from '../tcp/state.ts';
import type { Spent } from './pace.ts';
import type { Slices } from './slices.ts';

/** Takes what a source has seen. Never throws. */
export type Report = (observation: Observation) => void;

/** A room at the edge of the world that sees connections and says so. */
export interface Source {
  readonly name: SourceName;
  /**
   * Why this host cannot run the source, or undefined when it can. Asks the host; never guesses from a version. When the
   * signal aborts, nobody waits for the answer any more.
   */
  probe(signal?: AbortSignal): Promise<NotSupportedError | undefined>;
  /** Reports until the signal aborts. Rejects when the source breaks on its own. */
  run(report: Report, signal: AbortSignal): Promise<void>;
  /** What was done about its rows took so many microseconds of the event loop: its looks grow rarer by that, too. */
  charge?(us: number): void;
  /** Milliseconds to leave it alone now, so that what it has cost since the last time keeps the budget. */
  pause?(): number;
  /** Looks at what the core asks for now. Bounded in time. */
  look?(request: LookRequest, report: Report): Promise<void>;
  /**
   * Walks over all the sockets of the network namespace that are in these states, each good until `visit` returns.
   * True when every one was seen. Costs as much as it finds, and is paid for like a look.
   */
  glance?(states: readonly TcpState[], visit: (socket: Glance) => void, signal: AbortSignal): Promise<boolean>;
  /** What looking has cost so far. */
  spent?(): Spent;
}

/** The names of option `sources`, and of the hook, which is always there. */
export type SourceName = 'net' | 'ebpf' | 'daemon' | 'sock_diag' | 'procfs' | 'netstat';

/** What the core wants looked at: one socket, or all the sockets in some states. */
export type LookRequest =
  | { readonly kind: 'socket'; readonly id: SocketIdentity }
  | { readonly kind: 'states'; readonly states: readonly TcpState[] };

/**
 * A connection of this process as a looker by descriptor needs it: one object for as long as it is open. Each field is
 * read at the moment of looking.
 */
export interface OwnSocket {
  /** To report by. Whoever asks has the core know of the connection, which most never are told of. */
  readonly ref: SocketRef;
  /** -1 once it is closed. */
  readonly fd: number;
  readonly bytesRead: number;
  /** The end of the stream has been read from the kernel. */
  readonly endRead: boolean;
}

/** Looks at this process's own sockets by descriptor, whichever source runs. */
export interface OwnLook {
  /** False where libc cannot be called: then only a table tells of our own sockets. */
  readonly asksKernel: boolean;
  /** Never longer at a time than a slice, which has begun. */
  sweep(report: Report, slices: Slices, signal: AbortSignal): Promise<void>;
}
