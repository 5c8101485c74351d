import type { ClosedConnection } from '../../connection/closed-log.ts';

/**
 * Whoever makes telemetry of connections, asked before one is told of: most are opened and closed without anything that
 * somebody would hear of, and telling costs more than all the rest.
 */
export interface Audience {
  /** Somebody would hear of a connection now. Where nobody does, the kernel is not asked for what nobody wants to know. */
  readonly listens: boolean;
  /** A handshake is over; `dull` when nothing happened that is worth a span of its own. */
  wantsHandshake(dull: boolean): boolean;
  /** A connection that was not told of closes. One that is wanted and for which there is no room is counted as dropped. */
  wantsTeardown(dull: boolean): boolean;
  /** What a span that is made later needs of the context: a context may hold on to a whole request. */
  keep(context: unknown): unknown;
  /** A connection is over that was not told of: should the kernel show it yet, this is what it was. */
  closed(connection: ClosedConnection): void;
}
