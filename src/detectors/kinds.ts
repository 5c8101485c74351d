/** Why nobody reads or ends a socket. */
export const leakCauses = [
  'half_open_never_ended',
  'paused',
  'no_consumer',
  'readable_not_read',
  'pause_on_connect',
  'pipe_stuck',
  'iterator_stalled',
  'onread_stopped',
  'http_response_not_consumed',
  'fetch_body_not_consumed',
  'http_request_body_not_consumed',
  'http_half_open_response',
  'upgrade_forgotten',
  'ended_write_stuck',
  'not_accepted',
  'fd_in_other_process',
  'handle_without_js_socket',
  'unknown',
] as const;

/** What can be wrong, and why. Each pair has its words in `explain/`, which a test holds to this list. */
export const causesOf = {
  close_wait_leak: leakCauses,
  unread_data: leakCauses,
  stuck_write: ['peer_not_reading', 'retransmitting', 'unknown'],
  fin_wait_2_stall: ['peer_keeps_open', 'orphaned'],
  handshake_stall: ['connect_no_answer'],
  time_wait_buildup: [
    'no_keep_alive',
    'connection_close',
    'small_pool',
    'short_keep_alive_timeout',
    'max_connections_drop',
    'aborted_requests',
    'closed_by_app',
    'unknown',
  ],
  ephemeral_ports: ['exhausted', 'forecast'],
  accept_queue: ['overflow', 'loop_blocked', 'backlog_too_small'],
  syn_flood: ['syn_queue_full', 'cookies_sent'],
  keep_alive_race: ['reused_after_fin'],
  idle_pile_up: ['agent_per_request'],
} as const satisfies Record<string, readonly string[]>;

export type FindingKind = keyof typeof causesOf;

export type CauseOf<Kind extends FindingKind> = (typeof causesOf)[Kind][number];

/** Kinds of findings that are about sockets which nobody reads or ends. */
export const leakKinds = ['close_wait_leak', 'unread_data'] as const satisfies readonly FindingKind[];

export type LeakKind = (typeof leakKinds)[number];

export type LeakCause = (typeof leakCauses)[number];

export type Cause = CauseOf<FindingKind>;

export const findingKinds = Object.keys(causesOf) as readonly FindingKind[];
