import type { HttpSignals, SocketSignals } from '../connection/observation.ts';
import type { ConnectionView } from '../connection/view.ts';
import type { LeakCause } from './kinds.ts';

interface Rule {
  readonly cause: LeakCause;
  readonly when: (seen: Seen) => boolean;
}

interface Seen {
  readonly signals: SocketSignals;
  readonly http: HttpSignals | undefined;
}

/**
 * The peer has finished, and JavaScript knows: 'end' was emitted.
 *
 *     peer ──FIN──▶ kernel ──EOF──▶ 'end' ──▶ (nobody calls end())
 */
const toldButNotEnded: readonly Rule[] = [
  { cause: 'upgrade_forgotten', when: ({ http }) => http?.side === 'server' && !http.parsing && !http.busy },
  { cause: 'http_half_open_response', when: ({ http }) => http?.side === 'server' && http.busy },
  { cause: 'half_open_never_ended', when: ({ signals }) => signals.allowHalfOpen },
];

/**
 * Reading has stopped, so that the FIN waits behind bytes that nobody takes: in the stream's buffer, in the kernel's,
 * or, when that is full, outside.
 *
 *     peer ──data, FIN──▶ kernel ▐ data ▌ ──▶ stream ▐ data ▌ ──▶ (nobody reads)
 *
 * From the most telling sign to the least: `readableFlowing` is false for pipes, iterators and 'readable' listeners
 * too, so that `paused` means something only when none of those is there.
 */
const notRead: readonly Rule[] = [
  { cause: 'fetch_body_not_consumed', when: ({ http }) => http?.side === 'fetch' && http.parsing },
  { cause: 'http_response_not_consumed', when: ({ http }) => http?.side === 'client' },
  {
    cause: 'http_request_body_not_consumed',
    when: ({ http }) => http?.side === 'server' && http.parsing && !http.incomingComplete,
  },
  { cause: 'unknown', when: ({ http }) => http?.side === 'server' && http.parsing },
  { cause: 'onread_stopped', when: ({ signals }) => signals.hasOnread },
  { cause: 'pipe_stuck', when: ({ signals }) => signals.pipes > 0 },
  { cause: 'iterator_stalled', when: ({ signals }) => signals.iterating },
  { cause: 'readable_not_read', when: ({ signals }) => signals.hasReadableListener },
  {
    cause: 'upgrade_forgotten',
    when: ({ http, signals }) => http?.side === 'server' && signals.readableFlowing === null,
  },
  {
    cause: 'pause_on_connect',
    when: ({ signals }) => signals.pausedOnConnect && signals.bytesRead === 0 && signals.readableFlowing === false,
  },
  { cause: 'paused', when: ({ signals }) => signals.readableFlowing === false },
  { cause: 'no_consumer', when: ({ signals }) => signals.readableFlowing === null && !signals.hasDataListener },
];

/** Why nobody reads or ends this socket. The first rule that fits is the answer. */
export function causeOf({ state, released, inJavaScript, unaccepted, signals }: ConnectionView): LeakCause {
  if (unaccepted) return 'not_accepted';
  if (released) return 'fd_in_other_process';
  if (!inJavaScript) return 'handle_without_js_socket';
  if (signals === undefined) return 'unknown';
  if (state === 'close_wait' && signals.writableEnded && !signals.writableFinished) return 'ended_write_stuck';
  const seen: Seen = { signals, http: signals.http };
  const rules = signals.readableEnded ? toldButNotEnded : notRead;
  return rules.find((rule) => rule.when(seen))?.cause ?? 'unknown';
}

/**
 * Unread bytes although libuv was told to read: the event loop has not turned since they came. That passes by itself
 * once it does, so it is no leak.
 */
export function waitsForTheLoop({ receiveQueue, signals }: ConnectionView): boolean {
  return signals?.reading === true && receiveQueue > 0;
}
