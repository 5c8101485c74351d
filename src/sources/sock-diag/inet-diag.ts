import { isIPv4, isIPv6 } from 'node:net';
import type { Row } from '../../connection/observation.ts';
import { SynfinError } from '../../errors.ts';
import { addressFromBytes, type Endpoint, type FourTuple } from '../../tcp/endpoint.ts';
import { cookieFromWords, type Instant, inodeFrom, type SocketCookie } from '../../tcp/identity.ts';
import { linuxStateMask, stateFromLinux, type TcpState, tcpStateNames } from '../../tcp/state.ts';
import { parseTcpInfo, type TcpInfo } from '../../tcp/tcp-info.ts';
import { align, buildRequest, requestFlags } from './netlink.ts';

/** Type of requests and of answers (include/uapi/linux/sock_diag.h). */
export const SOCK_DIAG_BY_FAMILY = 20;

/** AF_INET and AF_INET6. AF_UNSPEC is refused with ENOENT; IPv4-mapped sockets, such as `::` accepts, are in inet6. */
export const addressFamily = { inet: 2, inet6: 10 } as const;

export type AddressFamily = (typeof addressFamily)[keyof typeof addressFamily];

const IPPROTO_TCP = 6;
/** INET_DIAG_INFO, the attribute with the struct tcp_info; bit `INET_DIAG_INFO - 1` of `idiag_ext` asks for it. */
const INET_DIAG_INFO = 2;
/** INET_DIAG_SKMEMINFO: nine numbers of 32 bits, the last of which counts what was dropped (net/core/sock.c). */
const INET_DIAG_SKMEMINFO = 7;
const dropsInMemory = 8 * 4;
const noCookie = 0xffff_ffff;

/**
 * ```c
 * struct inet_diag_sockid {          // include/uapi/linux/inet_diag.h; "source" is this host's end
 *   __be16 idiag_sport;              //  0
 *   __be16 idiag_dport;              //  2
 *   __be32 idiag_src[4];             //  4  IPv4: only the first four bytes
 *   __be32 idiag_dst[4];             // 20
 *   __u32  idiag_if;                 // 36
 *   __u32  idiag_cookie[2];          // 40  low word, high word
 * };                                 // 48
 * struct inet_diag_req_v2 {
 *   __u8   sdiag_family;             //  0
 *   __u8   sdiag_protocol;           //  1
 *   __u8   idiag_ext;                //  2
 *   __u8   pad;                      //  3
 *   __u32  idiag_states;             //  4  bit n asks for state n
 *   struct inet_diag_sockid id;      //  8
 * };                                 // 56
 * ```
 */
const request = { size: 56, states: 4, id: 8 } as const;
export const socketId = { sourcePort: 0, destinationPort: 2, source: 4, destination: 20, cookie: 40 } as const;

/**
 * ```c
 * struct inet_diag_msg {
 *   __u8   idiag_family;             //  0
 *   __u8   idiag_state;              //  1
 *   __u8   idiag_timer;              //  2  0 none, 1 retransmit, 2 keepalive, 3 a minisock's, 4 zero window probe
 *   __u8   idiag_retrans;            //  3
 *   struct inet_diag_sockid id;      //  4
 *   __u32  idiag_expires;            // 52  ms
 *   __u32  idiag_rqueue;             // 56
 *   __u32  idiag_wqueue;             // 60
 *   __u32  idiag_uid;                // 64
 *   __u32  idiag_inode;              // 68
 * };                                 // 72  struct nlattr follow
 * ```
 */
export const reply = { size: 72, id: 4, expires: 52, rqueue: 56, wqueue: 60, uid: 64, inode: 68 } as const;

const timers = ['none', 'retransmit', 'keepalive', 'time_wait', 'probe'] as const;

/** What is asked for besides: the struct tcp_info, and the socket's memory with its count of drops. */
export interface Attributes {
  readonly info?: boolean | undefined;
  readonly memory?: boolean | undefined;
}

/** Asks for all the sockets of one family in these states. */
export function dumpRequest(
  family: AddressFamily,
  states: Iterable<TcpState>,
  sequence: number,
  asked: Attributes = {},
): Uint8Array {
  const payload = new DataView(new ArrayBuffer(request.size));
  writeHead(payload, family, states, asked);
  return buildRequest(SOCK_DIAG_BY_FAMILY, requestFlags.dump, sequence, new Uint8Array(payload.buffer));
}

/**
 * Asks for the one socket with this four-tuple and, if given, cookie. The kernel finds an IPv4-mapped socket under its
 * IPv4 addresses. Mind that it answers with the listener when it knows the port and not the four-tuple.
 */
export function lookUpRequest(
  tuple: FourTuple,
  cookie: SocketCookie | undefined,
  sequence: number,
): Uint8Array | SynfinError {
  const local = addressToBytes(tuple.local.address);
  const peer = addressToBytes(tuple.peer.address);
  if (local === undefined || peer === undefined || local.length !== peer.length) {
    const pair = `"${tuple.local.address}" and "${tuple.peer.address}"`;
    return malformed(`asking for the socket between ${pair}: needs two addresses of one family, not link-local`);
  }
  const payload = new DataView(new ArrayBuffer(request.size));
  const bytes = new Uint8Array(payload.buffer);
  writeHead(payload, local.length === 4 ? addressFamily.inet : addressFamily.inet6, tcpStateNames, { info: true });
  payload.setUint16(request.id + socketId.sourcePort, tuple.local.port);
  payload.setUint16(request.id + socketId.destinationPort, tuple.peer.port);
  bytes.set(local, request.id + socketId.source);
  bytes.set(peer, request.id + socketId.destination);
  payload.setUint32(request.id + socketId.cookie, cookie ? Number.parseInt(cookie.slice(-8), 16) : noCookie, true);
  const high = cookie ? Number.parseInt(cookie.slice(0, -8) || '0', 16) : noCookie;
  payload.setUint32(request.id + socketId.cookie + 4, high, true);
  return buildRequest(SOCK_DIAG_BY_FAMILY, requestFlags.one, sequence, bytes);
}

/** What is wrong with the fixed part of an answer's payload, if anything is: size, family, state. */
export function checkInetDiag(view: DataView, start: number, end: number): SynfinError | undefined {
  if (end - start < reply.size) return malformed(`inet_diag_msg of ${end - start} bytes, need ${reply.size}`);
  const family = view.getUint8(start);
  if (family !== addressFamily.inet && family !== addressFamily.inet6) return malformed(`idiag_family is ${family}`);
  const state = view.getUint8(start + 1);
  return stateFromLinux(state) === undefined ? malformed(`idiag_state is ${state}`) : undefined;
}

/**
 * The socket that an answer's payload, from `start` to `end`, tells of. A minisock (TIME_WAIT, FIN_WAIT2 without owner)
 * and a socket that nobody has accepted have no file: inode and uid are then zeros in the bytes, and undefined here.
 */
export function parseInetDiag(view: DataView, start: number, end: number, at: Instant): Row | SynfinError {
  const wrong = checkInetDiag(view, start, end);
  if (wrong) return wrong;
  const state = stateFromLinux(view.getUint8(start + 1)) ?? 'closed';
  const attributes = readAttributes(view, start + reply.size, end, state);
  if (attributes instanceof SynfinError) return attributes;

  const cookie = start + reply.id + socketId.cookie;
  const inode = inodeFrom(view.getUint32(start + reply.inode, true));
  const timer = timers[view.getUint8(start + 2)];
  return {
    kind: 'row',
    source: 'sock_diag',
    at,
    id: {
      cookie: cookieFromWords(view.getUint32(cookie, true), view.getUint32(cookie + 4, true)),
      inode,
      tuple: fourTupleAt(view, start),
    },
    state,
    receiveQueue: view.getUint32(start + reply.rqueue, true),
    sendQueue: view.getUint32(start + reply.wqueue, true),
    uid: inode === undefined ? undefined : view.getUint32(start + reply.uid, true),
    timer,
    expiresMs: expiresAt(view, start),
    ...attributes,
  };
}

/** Milliseconds until the socket's timer fires; undefined where none runs. */
export function expiresAt(view: DataView, start: number): number | undefined {
  const timer = timers[view.getUint8(start + 2)];
  return timer === undefined || timer === 'none' ? undefined : view.getUint32(start + reply.expires, true);
}

export function fourTupleAt(view: DataView, start: number): FourTuple {
  const id = start + reply.id;
  const size = view.getUint8(start) === addressFamily.inet ? 4 : 16;
  return {
    local: endpointAt(view, id + socketId.source, size, id + socketId.sourcePort),
    peer: endpointAt(view, id + socketId.destination, size, id + socketId.destinationPort),
  };
}

function writeHead(payload: DataView, family: AddressFamily, states: Iterable<TcpState>, asked: Attributes): void {
  payload.setUint8(0, family);
  payload.setUint8(1, IPPROTO_TCP);
  payload.setUint8(2, (asked.info ? bit(INET_DIAG_INFO) : 0) | (asked.memory ? bit(INET_DIAG_SKMEMINFO) : 0));
  payload.setUint32(request.states, linuxStateMask(states), true);
}

function endpointAt(view: DataView, address: number, size: number, port: number): Endpoint {
  return { address: size === 4 ? ipv4At(view, address) : ipv6At(view, address), port: view.getUint16(port) };
}

/** A dump writes two addresses a row: this is ten times as fast as to make an array of the bytes and join it. */
function ipv4At(view: DataView, at: number): string {
  return `${view.getUint8(at)}.${view.getUint8(at + 1)}.${view.getUint8(at + 2)}.${view.getUint8(at + 3)}`;
}

function ipv6At(view: DataView, at: number): string {
  const mapped = view.getUint32(at) === 0 && view.getUint32(at + 4) === 0 && view.getUint32(at + 8) === 0xffff;
  return mapped ? ipv4At(view, at + 12) : addressFromBytes(new Uint8Array(view.buffer, view.byteOffset + at, 16));
}

/** Bit of `idiag_ext`. */
function bit(attribute: number): number {
  return 1 << (attribute - 1);
}

/** Walks `struct nlattr { __u16 nla_len; __u16 nla_type; }`: nla_len counts these four bytes, and not the padding. */
function readAttributes(
  view: DataView,
  start: number,
  end: number,
  state: TcpState,
): Pick<Row, 'info' | 'drops'> | SynfinError {
  let info: TcpInfo | undefined;
  let drops: number | undefined;
  for (let at = start; at < end; ) {
    const size = end - at < 4 ? 0 : view.getUint16(at, true);
    if (size < 4 || size > end - at) return malformed(`attribute of ${size} bytes where ${end - at} are left`);
    // The two upper bits are NLA_F_NESTED and NLA_F_NET_BYTEORDER.
    const type = view.getUint16(at + 2, true) & 0x3fff;
    if (type === INET_DIAG_INFO) info = parseTcpInfo(new Uint8Array(view.buffer, view.byteOffset + at + 4, size - 4));
    // Of a connection it counts other things.
    if (type === INET_DIAG_SKMEMINFO && state === 'listen' && size >= 4 + dropsInMemory + 4)
      drops = view.getUint32(at + 4 + dropsInMemory, true);
    at += align(size);
  }
  return { info, ...(drops !== undefined && { drops }) };
}

function malformed(why: string): SynfinError {
  return new SynfinError('SYNFIN_BAD_MESSAGE', `parsing a sock_diag answer: ${why}`);
}

/**
 * The four or sixteen bytes of an address. Undefined for what is no address, and for link-local IPv6 addresses: their
 * sockets are bound to an interface, and the kernel finds them only under its index, which the text does not tell.
 */
function addressToBytes(address: string): Uint8Array | undefined {
  if (isIPv4(address)) return Uint8Array.from(address.split('.'), Number);
  if (!isIPv6(address) || address.includes('%')) return undefined;
  const [head = '', tail = ''] = address.split('::');
  const bytes = new Uint8Array(16);
  bytes.set(groupsToBytes(head));
  const last = groupsToBytes(tail);
  bytes.set(last, 16 - last.length);
  const linkLocal = bytes[0] === 0xfe && ((bytes[1] ?? 0) & 0xc0) === 0x80;
  return linkLocal ? undefined : bytes;
}

function groupsToBytes(groups: string): number[] {
  if (groups === '') return [];
  return groups.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const number = Number.parseInt(group, 16);
    return [number >> 8, number & 0xff];
  });
}
