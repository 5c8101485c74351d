import { type Instant, instant } from '../tcp/identity.ts';
import type { TcpState } from '../tcp/state.ts';
import type { TcpInfo } from '../tcp/tcp-info.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { LifecycleEvent } from './lifecycle-event.ts';
import { enter, finish, tellingTheStart } from './state-change.ts';

/**
 * Takes the connection to the state that the kernel's TCP_INFO shows, each step dated as well as it can be. CLOSE is
 * left to the caller: it does not say which way led there.
 */
export function catchUp(connection: Lifecycle, at: Instant, info: TcpInfo): LifecycleEvent[] {
  connection.info = info;
  if (connection.source !== 'ebpf') connection.source = 'sock_diag';
  if (info.state === 'closed') return [];
  const when = (state: TcpState) => whenEntered(connection, state, at, info);
  return enter(connection, info.state, { at, source: 'sock_diag', inferred: true, when });
}

/**
 * When a state was entered that was found at `at`: one that a segment of the peer causes, with the last segment that
 * came; one that we cause, when we did. What led to CLOSE leaves no trace in the counters.
 */
export function whenEntered(connection: Lifecycle, state: TcpState, at: Instant, info: TcpInfo): Instant {
  const { stateSince, lookedAt, finSent } = connection;
  if (state === 'closed') return at;
  if (state === 'fin_wait_1' || state === 'last_ack') return finSent?.at ?? at;
  const ourFin = state === 'close_wait' ? undefined : finSent?.at;
  return lastSegment(at, info, instant(Math.max(stateSince, lookedAt ?? 0, ourFin ?? 0)));
}

/**
 * As `whenEntered`, of a connection whose descriptor is closed and of which no counter tells: our FIN went out when it
 * was closed, and was acknowledged soon after that, as far as anybody has seen.
 */
export function whenOrphaned({ endedAt, lookedAt }: Lifecycle, state: TcpState, at: Instant): Instant {
  if (state !== 'fin_wait_1' && state !== 'fin_wait_2') return at;
  return endedAt === undefined ? at : clamp(endedAt, lookedAt ?? endedAt, at);
}

/** Since the last acceptable segment came: after a FIN of the peer, and nothing sent since, that was the FIN. */
export function lastSegment(at: Instant, info: TcpInfo, notBefore: Instant): Instant {
  return clamp(notBefore, instant(at - info.lastAckReceivedMs * 1000), at);
}

/**
 * In CLOSE, although neither side had finished when it was last seen and no timer fired: the peer reset it, some time
 * before `at`. A RST is no acceptable ACK, so that no counter dates it.
 */
export function wasReset(connection: Lifecycle, at: Instant): LifecycleEvent[] {
  return tellingTheStart(connection, () => {
    connection.rstReceived = { at, inferred: true };
    connection.closeType = 'rst';
    if (connection.initiator === 'unknown') connection.initiator = 'remote';
    connection.state = 'closed';
    connection.stateSince = at;
    return [];
  });
}

/** As `catchUp`, for a connection that has only just been opened: in CLOSE, it was reset before anybody looked. */
export function catchUpAtStart(connection: Lifecycle, at: Instant, info: TcpInfo): LifecycleEvent[] {
  if (info.state !== 'closed') return catchUp(connection, at, info);
  const events = wasReset(connection, at);
  return [...events, ...finish(connection, at)];
}

export function clamp(low: Instant, value: Instant, high: Instant): Instant {
  return value < low ? low : value > high ? high : value;
}
