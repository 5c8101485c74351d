import { endianness } from 'node:os';
import type { Glance } from '../../connection/census.ts';
import type { Row } from '../../connection/observation.ts';
import { addressFromBytes, type FourTuple } from '../../tcp/endpoint.ts';
import { type Instant, inodeFrom } from '../../tcp/identity.ts';
import { stateFromLinux, type TcpState } from '../../tcp/state.ts';

/**
 * A line of /proc/net/tcp or tcp6 (net/ipv4/tcp_ipv4.c, get_tcp4_sock, get_timewait4_sock, get_openreq4):
 *
 * ```
 *   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
 *    1: 0100007F:1F90 0100007F:9C45 08 00000000:00000006 00:00000000 00000000     0        0 3112 1 00000000ab44dd8e …
 *    2: 0100007F:9C46 0100007F:1F90 06 00000000:00000000 03:0000174D 00000000     0        0 0 3 0000000000000000
 * ```
 *
 * Addresses are 32-bit words in the host's byte order, ports are numbers, all in hexadecimal; `tm->when` is in 1/100 s.
 * TIME_WAIT, FIN_WAIT2 without owner and SYN_RECV have no uid, no inode and no more columns.
 */
export interface TcpLine extends Glance {
  /** Bytes written and not acknowledged. */
  readonly sendQueue: number;
  /** Bytes received and not read; an unread FIN counts as one. For LISTEN: the accept queue. */
  readonly receiveQueue: number;
  readonly timer: Row['timer'];
  /** Of the oldest segment that is not acknowledged, in a row. */
  readonly retransmits: number;
  readonly uid: number;
  /** 0: no file, because nobody accepted it yet or its descriptor is closed. */
  readonly inode: number;
  /** The row as the core takes it. */
  row(at: Instant): Row;
}

const timers = ['none', 'retransmit', 'keepalive', 'time_wait', 'probe'] as const;

/** The value of each hexadecimal digit by its character code. */
const digits = Uint8Array.from({ length: 256 }, (_, code) => {
  const value = '0123456789abcdef'.indexOf(String.fromCharCode(code).toLowerCase());
  return value < 0 ? 16 : value;
});

const [space, colon, minus] = [0x20, 0x3a, 0x2d];

/** Whether it is the line above the table. */
export function isTcpHeader(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at < end && bytes[at] === space) at++;
  return at + 3 <= end && bytes[at] === 0x73 && bytes[at + 1] === 0x6c && bytes[at + 2] === space;
}

/**
 * Reads one line after the other, without making anything of it: a line costs a tenth of a microsecond, and a row is
 * made only of the few that matter. What was read is valid until the next `read`.
 */
export class TcpLineReader implements TcpLine {
  /** The table has no cookies. */
  readonly cookie = 0;
  state: TcpState = 'closed';
  localPort = 0;
  peerPort = 0;
  sendQueue = 0;
  receiveQueue = 0;
  retransmits = 0;
  uid = 0;
  inode = 0;
  readonly #littleEndian: boolean;
  #localAt = 0;
  #peerAt = 0;
  #addressSize = 4;
  #timer = 0;
  #when = 0;
  #bytes: Uint8Array = new Uint8Array();
  #at = 0;
  #end = 0;

  constructor(littleEndian = endianness() === 'LE') {
    this.#littleEndian = littleEndian;
  }

  /** What is wrong with the line; undefined when it was understood. */
  read(bytes: Uint8Array, start: number, end: number): string | undefined {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    if (!(this.#decimal() >= 0 && this.#skip(colon) && this.#skip(space))) return 'it has no number';
    this.#localAt = this.#at;
    const size = this.#hexLength() / 2;
    if (size !== 4 && size !== 16) return 'it has no local address';
    this.#addressSize = size;
    this.#at += size * 2;
    this.localPort = this.#skip(colon) ? this.#hex(4) : -1;
    this.#peerAt = this.#at + 1;
    if (!this.#skip(space) || this.#hexLength() !== size * 2) return 'it has no remote address';
    this.#at += size * 2;
    this.peerPort = this.#skip(colon) ? this.#hex(4) : -1;
    if (this.localPort < 0 || this.peerPort < 0) return 'it has no ports';
    const state = this.#skip(space) ? stateFromLinux(this.#hex(2)) : undefined;
    if (state === undefined) return 'it has no state that is known';
    this.state = state;
    this.sendQueue = this.#skip(space) ? this.#hex(8) : -1;
    this.receiveQueue = this.#skip(colon) ? this.#hex(8) : -1;
    if (this.sendQueue < 0 || this.receiveQueue < 0) return 'it has no queues';
    this.#timer = this.#skip(space) ? this.#hex(2) : -1;
    this.#when = this.#skip(colon) ? this.#hex(this.#hexLength()) : -1;
    if (this.#timer < 0 || this.#when < 0) return 'it has no timer';
    this.retransmits = this.#skip(space) ? this.#hex(8) : -1;
    this.uid = this.#decimal();
    const probes = this.#decimal();
    this.inode = this.#decimal();
    const whole = this.retransmits >= 0 && this.uid >= 0 && !Number.isNaN(probes) && this.inode >= 0;
    return whole && (this.#at === this.#end || this.#skip(space)) ? undefined : 'it has no inode';
  }

  get timer(): Row['timer'] {
    return timers[this.#timer];
  }

  get expiresMs(): number | undefined {
    const { timer } = this;
    const runs = timer !== undefined && timer !== 'none';
    return runs ? Math.min(this.#when * 10, Number.MAX_SAFE_INTEGER) : undefined;
  }

  get fourTuple(): FourTuple {
    return {
      local: { address: this.#addressAt(this.#localAt), port: this.localPort },
      peer: { address: this.#addressAt(this.#peerAt), port: this.peerPort },
    };
  }

  row(at: Instant): Row {
    const inode = inodeFrom(this.inode);
    return {
      kind: 'row',
      source: 'procfs',
      at,
      id: { inode, tuple: this.fourTuple },
      state: this.state,
      receiveQueue: this.receiveQueue,
      sendQueue: this.sendQueue,
      uid: inode === undefined ? undefined : this.uid,
      timer: this.timer,
      expiresMs: this.expiresMs,
      retransmits: this.retransmits,
    };
  }

  #skip(char: number): boolean {
    if (this.#at >= this.#end || this.#bytes[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #hexLength(): number {
    let at = this.#at;
    while (at < this.#end && (digits[this.#bytes[at] ?? 0] ?? 16) < 16) at++;
    return at - this.#at;
  }

  /** So many digits, no more than a long of 64 bits has; -1 where there are fewer. What is beyond 2^53 is 2^53 - 1. */
  #hex(count: number): number {
    if (count === 0 || count > 16 || this.#at + count > this.#end) return -1;
    let value = 0;
    for (const last = this.#at + count; this.#at < last; this.#at++) {
      const digit = digits[this.#bytes[this.#at] ?? 0] ?? 16;
      if (digit === 16) return -1;
      value = value * 16 + digit;
    }
    return Math.min(value, Number.MAX_SAFE_INTEGER);
  }

  /** The next number, spaces before it skipped; NaN where there is none. */
  #decimal(): number {
    while (this.#skip(space));
    const negative = this.#skip(minus);
    const start = this.#at;
    let value = 0;
    for (; this.#at < this.#end; this.#at++) {
      const digit = (this.#bytes[this.#at] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (this.#at === start || value > Number.MAX_SAFE_INTEGER) return Number.NaN;
    return negative ? -value : value;
  }

  #addressAt(start: number): string {
    const address = new Uint8Array(this.#addressSize);
    for (let i = 0; i < address.length; i++) {
      const at = start + 2 * (this.#littleEndian ? i ^ 3 : i);
      address[i] = ((digits[this.#bytes[at] ?? 0] ?? 0) << 4) | (digits[this.#bytes[at + 1] ?? 0] ?? 0);
    }
    return addressFromBytes(address);
  }
}
