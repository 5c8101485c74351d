import type { SynfinError } from '../../errors.ts';
import { parseGroups, type Snmp } from './proc-net-snmp.ts';
import { type Facts, readProc } from './read-proc.ts';

/** Counters of group `TcpExt` that say something about connections, and what (include/uapi/linux/snmp.h, tried on 6.18). */
export const tcpExtCounters = {
  ListenOverflows: 'a SYN or the last ACK of a handshake found an accept queue full',
  ListenDrops: 'a connection was dropped at a listener, for that reason or another',
  TCPReqQFullDoCookies: 'a SYN queue was full, and a cookie was sent',
  TCPReqQFullDrop: 'a SYN queue was full, and the SYN was dropped',
  SyncookiesSent: 'SYN cookies sent',
  SyncookiesRecv: 'ACKs with a valid cookie; the connection may still fail on a full accept queue',
  TCPSynRetrans: 'SYN and SYN+ACK sent again',
  TW: 'sockets that entered TIME_WAIT, or FIN_WAIT2 without owner, for more than four seconds',
  TWKilled: 'the same, for four seconds or less',
  TWRecycled: 'connect() reused a TIME_WAIT',
  TCPTimeWaitOverflow: 'tcp_max_tw_buckets was reached',
  TCPAbortOnClose: 'closed with unread data: a RST was sent',
  TCPAbortOnData: 'closed with SO_LINGER 0: a RST was sent',
  TCPAbortOnTimeout: 'given up after retransmits, keep-alive or user timeout',
} as const;

/** /proc/net/netstat, in the form of /proc/net/snmp; all counts are this network namespace's. */
export function parseNetstat(bytes: Uint8Array): Snmp | SynfinError {
  return parseGroups('/proc/net/netstat', bytes);
}

/** Undefined where this host has no such file. */
export function readNetstat(procRoot: string): Promise<Facts<Snmp>> {
  return readProc(`${procRoot}/net/netstat`, parseNetstat);
}
