/**
 * The eleven states of a TCP connection (RFC 9293, section 3.3.2) and everyone's spelling of them.
 *
 * The key is the value of OpenTelemetry's `network.connection.state`. `linux` holds the numbers of
 * include/net/tcp_states.h: 12 (TCP_NEW_SYN_RECV) is a request socket, shown to people as SYN_RECV; 13
 * (TCP_BOUND_INACTIVE) is a bound socket that never connected, which RFC 9293 calls CLOSED.
 */
export const tcpStates = {
  established: { rfc: 'ESTABLISHED', linux: [1], netstat: ['ESTABLISHED'] },
  syn_sent: { rfc: 'SYN-SENT', linux: [2], netstat: ['SYN_SENT'] },
  syn_received: { rfc: 'SYN-RECEIVED', linux: [3, 12], netstat: ['SYN_RECV', 'SYN_RCVD', 'SYN_RECEIVED'] },
  fin_wait_1: { rfc: 'FIN-WAIT-1', linux: [4], netstat: ['FIN_WAIT1', 'FIN_WAIT_1'] },
  fin_wait_2: { rfc: 'FIN-WAIT-2', linux: [5], netstat: ['FIN_WAIT2', 'FIN_WAIT_2'] },
  time_wait: { rfc: 'TIME-WAIT', linux: [6], netstat: ['TIME_WAIT'] },
  closed: { rfc: 'CLOSED', linux: [7, 13], netstat: ['CLOSE', 'CLOSED', 'BOUND'] },
  close_wait: { rfc: 'CLOSE-WAIT', linux: [8], netstat: ['CLOSE_WAIT'] },
  last_ack: { rfc: 'LAST-ACK', linux: [9], netstat: ['LAST_ACK'] },
  listen: { rfc: 'LISTEN', linux: [10], netstat: ['LISTEN', 'LISTENING'] },
  closing: { rfc: 'CLOSING', linux: [11], netstat: ['CLOSING'] },
} as const satisfies Record<string, { rfc: string; linux: readonly number[]; netstat: readonly string[] }>;

export type TcpState = keyof typeof tcpStates;

/** Every state, in the order of the kernel's numbers. */
export const tcpStateNames = Object.keys(tcpStates) as readonly TcpState[];

const byLinuxNumber: readonly (TcpState | undefined)[] = indexByLinuxNumber();

/** The state for a number of include/net/tcp_states.h, or undefined for a number that no kernel is known to use. */
export function stateFromLinux(number: number): TcpState | undefined {
  return byLinuxNumber[number];
}

/** The state for a word as `netstat`, `ss` or RFC 9293 prints it; case, `-` and `_` make no difference. */
export function stateFromWord(word: string): TcpState | undefined {
  return byWord.get(normalised(word));
}

/**
 * The `idiag_states` mask that asks sock_diag for these states: bit n is kernel state n. Never reaches bit 13
 * (TCP_BOUND_INACTIVE): with it the kernel also walks its bind table, which cannot be split and costs a fifth more.
 */
export function linuxStateMask(states: Iterable<TcpState>): number {
  let mask = 0;
  for (const state of states) for (const number of tcpStates[state].linux) if (number <= 12) mask |= 1 << number;
  return mask;
}

const byWord: ReadonlyMap<string, TcpState> = new Map(
  tcpStateNames.flatMap((state) =>
    [tcpStates[state].rfc, ...tcpStates[state].netstat].map((word): [string, TcpState] => [normalised(word), state]),
  ),
);

function normalised(word: string): string {
  return word.toUpperCase().replaceAll(/[-_]/g, '');
}

function indexByLinuxNumber(): (TcpState | undefined)[] {
  const index: (TcpState | undefined)[] = [];
  for (const state of tcpStateNames) for (const number of tcpStates[state].linux) index[number] = state;
  return index;
}
