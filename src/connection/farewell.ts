import type { Instant } from '../tcp/identity.ts';
import type { TcpInfo } from '../tcp/tcp-info.ts';
import { lastSegment } from './found-state.ts';
import { type CloseInitiator, type CloseType, type Lifecycle, type Role, teardownStart } from './lifecycle.ts';

/** What there is to measure of a connection that is over. Times are in microseconds. */
export interface Farewell {
  readonly role: Role;
  readonly initiator: CloseInitiator;
  readonly type: CloseType;
  /** From the first FIN or RST to the end; undefined where nobody has seen the end. */
  readonly teardownUs: number | undefined;
  /** From the peer's FIN to ours, or to whatever else ended it; undefined where the peer was not first, or nobody knows. */
  readonly closeWaitUs: number | undefined;
  readonly rstSent: boolean;
  readonly rstReceived: boolean;
}

/**
 * Of a connection whose teardown was told to its end, at `at`. Undefined for one without a JavaScript socket: it is only
 * missed at some look, or accepted since.
 */
export function farewellOf(connection: Lifecycle, at: Instant): Farewell | undefined {
  if (!connection.inJavaScript) return undefined;
  const { role, initiator, closeType: type = 'fin', finReceived, finSent, rstSent, rstReceived } = connection;
  return {
    role,
    initiator,
    type,
    teardownUs: isEndSeen(connection) ? since(teardownStart(connection)?.at ?? at, at) : undefined,
    closeWaitUs: initiator === 'remote' ? closeWaitUs(finReceived?.at, finSent?.at ?? at) : undefined,
    rstSent: rstSent !== undefined,
    rstReceived: rstReceived !== undefined,
  };
}

/** The kernel showed it: CLOSE, or TIME_WAIT, where our part is done. */
function isEndSeen({ state }: Lifecycle): boolean {
  return state === 'closed' || state === 'time_wait';
}

/** The last moments of a connection that is told nobody, since nothing happened to it: no error, no RST. */
export interface QuietEnd {
  readonly role: Role;
  /** The connection is no older. */
  readonly since: Instant;
  /** When the application ended its side, and what TCP_INFO was then, where it was asked. */
  readonly ending: { readonly at: Instant; readonly info: TcpInfo | undefined } | undefined;
  /** The descriptor is about to be closed. */
  readonly at: Instant;
  readonly info: TcpInfo;
}

/** As `farewellOf`, without a life of it in the tracker: the same story comes to the same numbers. */
export function quietFarewell({ role, since: opened, ending, at, info }: QuietEnd): Farewell {
  const before = ending ?? { at, info };
  const peerFirst = before.info?.state === 'close_wait';
  const finReceived = peerFirst && before.info ? lastSegment(before.at, before.info, opened) : undefined;
  const initiator = peerFirst ? 'remote' : before.info?.state === 'established' ? 'local' : 'unknown';
  return {
    role,
    initiator,
    type: 'fin',
    teardownUs: info.state === 'closed' ? since(finReceived ?? before.at, at) : undefined,
    closeWaitUs: closeWaitUs(finReceived, before.at),
    rstSent: false,
    rstReceived: false,
  };
}

/** A FIN that is dated after our own came when nobody was looking. */
function closeWaitUs(finReceived: Instant | undefined, ours: Instant): number | undefined {
  return finReceived === undefined || finReceived > ours ? undefined : ours - finReceived;
}

function since(start: Instant, at: Instant): number {
  return Math.max(0, at - start);
}
