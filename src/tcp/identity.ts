import { type FourTuple, formatEndpoint } from './endpoint.ts';

/**
 * The kernel's own name for a socket: SO_COOKIE, `idiag_cookie`, and what BPF reads, as the hexadecimal text that
 * `ss -e` prints after `sk:`. Kept in TIME_WAIT, never used twice while the host is up, not ordered in time.
 */
export type SocketCookie = string & { readonly brand: 'SocketCookie' };

/** The number in `socket:[123]`. 0 is not an inode: the kernel shows it for sockets without a file. */
export type Inode = number & { readonly brand: 'Inode' };

/** Microseconds on CLOCK_MONOTONIC, the clock of `process.hrtime` and of bpf_ktime_get_ns. Fractions are kept. */
export type Instant = number & { readonly brand: 'Instant' };

/** All that is known of which socket is meant; the first of cookie, inode and four-tuple that is present decides. */
export interface SocketIdentity {
  readonly cookie?: SocketCookie | undefined;
  readonly inode?: Inode | undefined;
  readonly tuple?: FourTuple | undefined;
}

const noCookie = 0xffff_ffff;

/** From the two 32-bit words of `inet_diag_sockid`; all zeros or all ones (INET_DIAG_NOCOOKIE) is no cookie. */
export function cookieFromWords(low: number, high: number): SocketCookie | undefined {
  const none = (low === 0 && high === 0) || (low === noCookie && high === noCookie);
  if (none) return undefined;
  return (high === 0 ? low.toString(16) : high.toString(16) + low.toString(16).padStart(8, '0')) as SocketCookie;
}

/** As a number: cookies count up from 1 on each host, and none comes near 2^53. */
export function cookieNumber(cookie: SocketCookie): number {
  return Number.parseInt(cookie, 16);
}

/** The way back; 0 is no cookie. */
export function cookieFromNumber(number: number): SocketCookie | undefined {
  return number > 0 ? (number.toString(16) as SocketCookie) : undefined;
}

export function inodeFrom(number: number): Inode | undefined {
  return number > 0 ? (number as Inode) : undefined;
}

export function instant(microseconds: number): Instant {
  return microseconds as Instant;
}

/**
 * The text that names a connection to people and in telemetry (`synfin.connection.id`): the cookie; else `ino:N`;
 * else `tcp:` with the four-tuple and the time first seen, because a four-tuple comes back after a while.
 */
export function connectionId(identity: SocketIdentity, firstSeen: Instant): string {
  if (identity.cookie !== undefined) return identity.cookie;
  if (identity.inode !== undefined) return `ino:${identity.inode}`;
  const { tuple } = identity;
  const where = tuple ? `${formatEndpoint(tuple.local)}-${formatEndpoint(tuple.peer)}` : 'unknown';
  return `tcp:${where}@${Math.round(firstSeen)}`;
}
