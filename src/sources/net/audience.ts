import type { ClosedConnection } from '../../connection/closed-log.ts';
import type { Farewell } from '../../connection/farewell.ts';
import type { Lifecycle, Role } from '../../connection/lifecycle.ts';

/**
 * Whoever makes telemetry of connections, asked before one is told of: most are opened and closed without anything that
 * somebody would hear of, and telling costs more than all the rest.
 */
export interface Audience {
  /** Somebody would hear of a connection now. Where nobody does, the kernel is not asked for what nobody wants to know. */
  readonly listens: boolean;
  /** Of handshakes that fail each is wanted, whatever there is room for. */
  readonly wantsFailures: boolean;
  /** A handshake is over; `dull` when nothing happened that is worth a span of its own. */
  wantsHandshake(dull: boolean): boolean;
  /** A connection that was not told of closes. One that is wanted and for which there is no room is counted as dropped. */
  wantsTeardown(dull: boolean): boolean;
  /** What a span that is made later needs of the context: a context may hold on to a whole request. */
  keep(context: unknown): unknown;
  /** A connection is over that was not told of: should the kernel show it yet, this is what it was. */
  closed(connection: ClosedConnection): void;
  /** Whoever measures each connection, told or not; undefined where nobody does. */
  readonly meter: Meter | undefined;
  /** A connection that the application wants to hear nothing of; undefined where there is none. */
  readonly ignores: ((connection: Pick<Lifecycle, 'role' | 'requested' | 'id'>) => boolean) | undefined;
}

/** Takes what is measured of connections, once of each. */
export interface Meter {
  /** Over, after so many microseconds; `error` is the Node error code of one that failed. */
  handshake(role: Role, us: number, error: string | undefined): void;
  over(farewell: Farewell): void;
  /** So many segments were sent again. */
  resent(segments: number): void;
  reset(direction: 'transmit' | 'receive'): void;
}
