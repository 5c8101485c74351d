import { stateFromLinux, type TcpState } from './state.ts';

/**
 * What `getsockopt(TCP_INFO)` and INET_DIAG_INFO tell of one connection (include/uapi/linux/tcp.h). Times are in the
 * kernel's units, as named. A field that this kernel's struct is too short for is undefined, never 0.
 */
export interface TcpInfo {
  readonly state: TcpState;
  /** Of the oldest segment that is not acknowledged; since its first answer, none. */
  readonly retransmitsInARow: number;
  /** Probes of a shut window or of an idle connection (keep-alive) since the last segment with an ACK arrived. */
  readonly probes?: number | undefined;
  /** How often the timer was doubled, of retransmits or of probes; 0 once bytes are acknowledged or the window opens. */
  readonly backoff?: number | undefined;
  /** Segments sent and not acknowledged; a SYN and a FIN count. */
  readonly segmentsUnacknowledged?: number | undefined;
  /** What the peer is ready to take, in bytes. */
  readonly sendWindow?: number | undefined;
  /** Since the last data segment was sent; on a fresh connection, since it became ESTABLISHED. */
  readonly lastDataSentMs: number;
  readonly lastDataReceivedMs: number;
  /** Since the last segment with an acceptable ACK arrived; a FIN is one. */
  readonly lastAckReceivedMs: number;
  /** Smoothed round trip. 0 when the kernel has no sample. */
  readonly rttUs: number;
  readonly totalRetransmits: number | undefined;
  /** Counts the SYN on the side that sent it, and a FIN that was acknowledged. */
  readonly bytesAcked: number | undefined;
  /** In sequence, read or not; the peer's FIN counts as one. */
  readonly bytesReceived: number | undefined;
  readonly notSentBytes: number | undefined;
  /** Payload handed to the network, retransmits included. */
  readonly bytesSent: number | undefined;
  readonly bytesRetransmitted: number | undefined;
}

/** Connections that wait to be accepted; with one more than `limit` the queue is full. */
export interface AcceptQueueLength {
  readonly queue: number;
  readonly limit: number;
}

/** `tcpi_*` by offset in bytes; a field exists when the struct reaches its end. */
const offset = {
  state: 0,
  retransmits: 2,
  probes: 3,
  backoff: 4,
  /** tcpi_unacked, and tcpi_sacked: of a listener, its accept queue and its limit. */
  unacknowledged: 24,
  selectivelyAcknowledged: 28,
  lastDataSent: 44,
  lastDataReceived: 52,
  lastAckReceived: 56,
  rtt: 68,
  totalRetransmits: 100,
  bytesAcked: 120,
  bytesReceived: 128,
  notSentBytes: 144,
  bytesSent: 200,
  bytesRetransmitted: 208,
  sendWindow: 228,
} as const;

/** Long enough for every field that is read here and for kernels to come; the kernel writes what it has. */
export const tcpInfoSize = 512;

/** The struct as Linux 2.6 had it: without this much there is nothing to tell. */
const shortest = 104;

/**
 * Payload that the peer has not acknowledged, sent or not: what `ss` shows as Send-Q, from the counters. Undefined on
 * kernels before 4.19, which do not count what was sent.
 */
export function unacknowledged({
  bytesSent,
  bytesRetransmitted,
  bytesAcked,
  notSentBytes,
}: TcpInfo): number | undefined {
  if (bytesSent === undefined || bytesAcked === undefined) return undefined;
  // tcpi_bytes_acked may count a SYN and a FIN as well: at most two too many.
  return Math.max(0, bytesSent - (bytesRetransmitted ?? 0) - bytesAcked) + (notSentBytes ?? 0);
}

/**
 * How often the SYN or SYN+ACK was sent again, by a struct that may be read long after it. Undefined where some of what
 * was sent again is data, and how much of it cannot be told: the kernel has one counter for both, and of the bytes one
 * that a SYN does not move.
 */
export function handshakeRetransmits({ totalRetransmits, bytesRetransmitted }: TcpInfo): number | undefined {
  if (!totalRetransmits || !bytesRetransmitted) return totalRetransmits;
  return totalRetransmits === 1 ? 0 : undefined;
}

/**
 * As `unacknowledged`, and never 0 while a segment is on its way: the SYN's place among the acknowledged bytes hides a
 * single byte, and old kernels do not count bytes at all.
 */
export function sendQueueOf(info: TcpInfo): number {
  const bytes = unacknowledged(info) ?? info.notSentBytes ?? 0;
  return bytes === 0 && (info.segmentsUnacknowledged ?? 0) > 0 ? 1 : bytes;
}

/** Undefined when the bytes are shorter than any kernel's struct or hold a state that no kernel uses. */
export function parseTcpInfo(bytes: Uint8Array): TcpInfo | undefined {
  return readTcpInfo(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), bytes.length);
}

/**
 * One struct that is filled again and again: each field is read from the bytes when it is asked for, and holds until
 * the struct is filled anew. Thousands of sockets are looked at in this way without an object made for any.
 */
export class TcpInfoBuffer implements TcpInfo {
  readonly bytes = new Uint8Array(tcpInfoSize);
  readonly #view = new DataView(this.bytes.buffer);
  #length = 0;

  /** So many bytes were written. False when they are shorter than any kernel's struct or hold no known state. */
  filled(length: number): boolean {
    this.#length = length;
    return length >= shortest && stateFromLinux(this.#view.getUint8(offset.state)) !== undefined;
  }

  /** What it says now, to keep. */
  copy(): TcpInfo {
    return readTcpInfo(this.#view, this.#length) ?? this;
  }

  get state(): TcpState {
    return stateFromLinux(this.#view.getUint8(offset.state)) ?? 'closed';
  }

  /** Of a listener, the kernel puts its queue into these two: how many wait, and how many may. */
  get acceptQueue(): AcceptQueueLength {
    return {
      queue: this.#view.getUint32(offset.unacknowledged, true),
      limit: this.#view.getUint32(offset.selectivelyAcknowledged, true),
    };
  }

  get retransmitsInARow(): number {
    return this.#view.getUint8(offset.retransmits);
  }

  get probes(): number {
    return this.#view.getUint8(offset.probes);
  }

  get backoff(): number {
    return this.#view.getUint8(offset.backoff);
  }

  get segmentsUnacknowledged(): number {
    return this.#view.getUint32(offset.unacknowledged, true);
  }

  get sendWindow(): number | undefined {
    return u32(this.#view, this.#length, offset.sendWindow);
  }

  get lastDataSentMs(): number {
    return this.#view.getUint32(offset.lastDataSent, true);
  }

  get lastDataReceivedMs(): number {
    return this.#view.getUint32(offset.lastDataReceived, true);
  }

  get lastAckReceivedMs(): number {
    return this.#view.getUint32(offset.lastAckReceived, true);
  }

  get rttUs(): number {
    return this.#view.getUint32(offset.rtt, true);
  }

  get totalRetransmits(): number {
    return this.#view.getUint32(offset.totalRetransmits, true);
  }

  get bytesAcked(): number | undefined {
    return u64(this.#view, this.#length, offset.bytesAcked);
  }

  get bytesReceived(): number | undefined {
    return u64(this.#view, this.#length, offset.bytesReceived);
  }

  get notSentBytes(): number | undefined {
    return u32(this.#view, this.#length, offset.notSentBytes);
  }

  get bytesSent(): number | undefined {
    return u64(this.#view, this.#length, offset.bytesSent);
  }

  get bytesRetransmitted(): number | undefined {
    return u64(this.#view, this.#length, offset.bytesRetransmitted);
  }
}

/** As `parseTcpInfo`, of the first `length` bytes of a buffer that is used again and again. */
export function readTcpInfo(view: DataView, length: number): TcpInfo | undefined {
  const state = length < shortest ? undefined : stateFromLinux(view.getUint8(offset.state));
  if (state === undefined) return undefined;
  return {
    state,
    retransmitsInARow: view.getUint8(offset.retransmits),
    probes: view.getUint8(offset.probes),
    backoff: view.getUint8(offset.backoff),
    segmentsUnacknowledged: view.getUint32(offset.unacknowledged, true),
    sendWindow: u32(view, length, offset.sendWindow),
    lastDataSentMs: view.getUint32(offset.lastDataSent, true),
    lastDataReceivedMs: view.getUint32(offset.lastDataReceived, true),
    lastAckReceivedMs: view.getUint32(offset.lastAckReceived, true),
    rttUs: view.getUint32(offset.rtt, true),
    totalRetransmits: view.getUint32(offset.totalRetransmits, true),
    bytesAcked: u64(view, length, offset.bytesAcked),
    bytesReceived: u64(view, length, offset.bytesReceived),
    notSentBytes: u32(view, length, offset.notSentBytes),
    bytesSent: u64(view, length, offset.bytesSent),
    bytesRetransmitted: u64(view, length, offset.bytesRetransmitted),
  };
}

function u32(view: DataView, length: number, at: number): number | undefined {
  return length < at + 4 ? undefined : view.getUint32(at, true);
}

/** Two halves instead of a BigInt: a connection that passes 2^53 bytes is beyond what a counter here must tell. */
function u64(view: DataView, length: number, at: number): number | undefined {
  if (length < at + 8) return undefined;
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 0x1_0000_0000;
}
