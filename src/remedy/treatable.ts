import type { LeakCause } from '../detectors/kinds.ts';

/**
 * Causes of a leak that can be ended from here: a socket of this thread's JavaScript holds the connection, and what
 * hangs on it is known. The others are left alone, whatever the options say.
 */
const treatable: Readonly<Record<LeakCause, boolean>> = {
  half_open_never_ended: true,
  paused: true,
  no_consumer: true,
  readable_not_read: true,
  pause_on_connect: true,
  pipe_stuck: true,
  onread_stopped: true,
  http_response_not_consumed: true,
  fetch_body_not_consumed: true,
  http_request_body_not_consumed: true,
  http_half_open_response: true,
  upgrade_forgotten: true,
  // The loop over the socket throws when it is closed, and nobody may be there to catch it.
  iterator_stalled: false,
  // Whoever waits for the end of the write hears of an error.
  ended_write_stuck: false,
  not_accepted: false,
  fd_in_other_process: false,
  handle_without_js_socket: false,
  // Nobody knows why: it may be as the application wants it.
  unknown: false,
};

export function isTreatable(cause: string): boolean {
  return treatable[cause as LeakCause] === true;
}
