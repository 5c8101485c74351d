import type { TcpState } from './state.ts';

/** What makes a connection change its state: a call of the local program, a segment, or a timer. */
export type Stimulus =
  | 'passive_open'
  | 'active_open'
  | 'close'
  | 'abort'
  | 'rcv_syn'
  | 'rcv_syn_ack'
  | 'rcv_ack_of_syn'
  | 'rcv_fin'
  | 'rcv_fin_ack_of_fin'
  | 'rcv_ack_of_fin'
  | 'rcv_rst'
  | 'timeout';

export interface Edge {
  readonly from: TcpState;
  readonly to: TcpState;
  readonly on: Stimulus;
  /** `rfc9293`: section 3.3.2, figure 5, and 3.10. `linux`: shown by the kernel's tracepoint, absent from the RFC. */
  readonly by: 'rfc9293' | 'linux';
}

/**
 * The edges of the TCP state machine. The RFC's come first; Linux adds the ways in which `inet_sock_set_state`
 * differs: a child socket is born out of LISTEN, TIME_WAIT and orphaned FIN_WAIT2 live on in a minisock after the full
 * socket has gone to CLOSE, and an abort goes straight to CLOSE from anywhere.
 */
export const edges: readonly Edge[] = [
  { from: 'closed', to: 'listen', on: 'passive_open', by: 'rfc9293' },
  { from: 'closed', to: 'syn_sent', on: 'active_open', by: 'rfc9293' },
  { from: 'listen', to: 'syn_received', on: 'rcv_syn', by: 'rfc9293' },
  { from: 'listen', to: 'syn_sent', on: 'active_open', by: 'rfc9293' },
  { from: 'listen', to: 'closed', on: 'close', by: 'rfc9293' },
  { from: 'syn_sent', to: 'established', on: 'rcv_syn_ack', by: 'rfc9293' },
  { from: 'syn_sent', to: 'syn_received', on: 'rcv_syn', by: 'rfc9293' },
  { from: 'syn_sent', to: 'closed', on: 'close', by: 'rfc9293' },
  { from: 'syn_sent', to: 'closed', on: 'rcv_rst', by: 'rfc9293' },
  { from: 'syn_sent', to: 'closed', on: 'timeout', by: 'rfc9293' },
  { from: 'syn_received', to: 'established', on: 'rcv_ack_of_syn', by: 'rfc9293' },
  { from: 'syn_received', to: 'fin_wait_1', on: 'close', by: 'rfc9293' },
  { from: 'syn_received', to: 'listen', on: 'rcv_rst', by: 'rfc9293' },
  { from: 'syn_received', to: 'closed', on: 'rcv_rst', by: 'rfc9293' },
  { from: 'syn_received', to: 'closed', on: 'timeout', by: 'rfc9293' },
  { from: 'syn_received', to: 'close_wait', on: 'rcv_fin', by: 'rfc9293' },
  { from: 'established', to: 'fin_wait_1', on: 'close', by: 'rfc9293' },
  { from: 'established', to: 'close_wait', on: 'rcv_fin', by: 'rfc9293' },
  { from: 'established', to: 'closed', on: 'rcv_rst', by: 'rfc9293' },
  { from: 'established', to: 'closed', on: 'abort', by: 'rfc9293' },
  { from: 'established', to: 'closed', on: 'timeout', by: 'rfc9293' },
  { from: 'fin_wait_1', to: 'fin_wait_2', on: 'rcv_ack_of_fin', by: 'rfc9293' },
  { from: 'fin_wait_1', to: 'closing', on: 'rcv_fin', by: 'rfc9293' },
  { from: 'fin_wait_1', to: 'time_wait', on: 'rcv_fin_ack_of_fin', by: 'rfc9293' },
  { from: 'fin_wait_1', to: 'closed', on: 'rcv_rst', by: 'rfc9293' },
  { from: 'fin_wait_1', to: 'closed', on: 'timeout', by: 'rfc9293' },
  { from: 'fin_wait_2', to: 'time_wait', on: 'rcv_fin', by: 'rfc9293' },
  { from: 'fin_wait_2', to: 'closed', on: 'rcv_rst', by: 'rfc9293' },
  { from: 'closing', to: 'time_wait', on: 'rcv_ack_of_fin', by: 'rfc9293' },
  { from: 'closing', to: 'closed', on: 'rcv_rst', by: 'rfc9293' },
  { from: 'close_wait', to: 'last_ack', on: 'close', by: 'rfc9293' },
  { from: 'close_wait', to: 'closed', on: 'rcv_rst', by: 'rfc9293' },
  { from: 'close_wait', to: 'closed', on: 'abort', by: 'rfc9293' },
  { from: 'last_ack', to: 'closed', on: 'rcv_ack_of_fin', by: 'rfc9293' },
  { from: 'last_ack', to: 'closed', on: 'timeout', by: 'rfc9293' },
  { from: 'time_wait', to: 'closed', on: 'timeout', by: 'rfc9293' },
  // An orphaned FIN_WAIT2 lives in a minisock and ends after tcp_fin_timeout (net/ipv4/tcp.c, tcp_close).
  { from: 'fin_wait_2', to: 'closed', on: 'timeout', by: 'linux' },
  // tcp_disconnect() and tcp_close() with unread data leave these at once, with a RST.
  { from: 'syn_received', to: 'closed', on: 'abort', by: 'linux' },
  { from: 'fin_wait_1', to: 'closed', on: 'abort', by: 'linux' },
  { from: 'fin_wait_2', to: 'closed', on: 'abort', by: 'linux' },
  { from: 'closing', to: 'closed', on: 'timeout', by: 'linux' },
  { from: 'close_wait', to: 'closed', on: 'timeout', by: 'linux' },
  { from: 'last_ack', to: 'closed', on: 'rcv_rst', by: 'linux' },
  // A SYN, a RST or tcp_tw_reuse takes the four-tuple over before the 2 MSL are up (tcp_timewait_state_process).
  { from: 'time_wait', to: 'closed', on: 'rcv_rst', by: 'linux' },
];

/** Whether one stimulus can take a connection from one state straight to the other. */
export function isTransition(from: TcpState, to: TcpState): boolean {
  return edges.some((edge) => edge.from === from && edge.to === to);
}

/**
 * The states that a connection must have passed through, when it was seen in `from` and later in `to` by somebody
 * who looks only now and then: the shortest way along the edges, without `from`, with `to`. An empty list when
 * `from` is `to`; undefined when no life of one connection leads from the one to the other. CLOSED ends a life, so no
 * way leads through it.
 */
export function shortestPath(from: TcpState, to: TcpState): readonly TcpState[] | undefined {
  let known = paths.get(from);
  if (known === undefined) {
    known = pathsFrom(from);
    paths.set(from, known);
  }
  return known.get(to);
}

/** Whether one connection can be seen in `from` and, later in the same life, in `to`. */
export function isReachable(from: TcpState, to: TcpState): boolean {
  return shortestPath(from, to) !== undefined;
}

/** From each state that somebody asked about. */
const paths = new Map<TcpState, ReadonlyMap<TcpState, readonly TcpState[]>>();

function pathsFrom(start: TcpState): Map<TcpState, readonly TcpState[]> {
  const found = new Map<TcpState, readonly TcpState[]>([[start, []]]);
  const queue: TcpState[] = [start];
  for (let from = queue.shift(); from !== undefined; from = queue.shift()) {
    if (from === 'closed' && start !== 'closed') continue;
    const soFar = found.get(from) ?? [];
    for (const edge of edges) {
      if (edge.from !== from || found.has(edge.to)) continue;
      found.set(edge.to, [...soFar, edge.to]);
      queue.push(edge.to);
    }
  }
  return found;
}
