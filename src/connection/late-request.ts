import type { TcpInfo } from '../tcp/tcp-info.ts';

/** When the peer had finished a connection over which a request was then sent. */
export interface LateRequest {
  /** The peer's FIN had come in so many milliseconds before now. */
  readonly finBeforeMs: number;
  /** From the peer's last byte to its FIN; undefined where a byte came with it (TLS says goodbye, too). */
  readonly peerIdleMs: number | undefined;
}

/** The kernel counts these times in its own ticks, of up to 10 ms each. */
const tickMs = 10;

/** Of more than that, a peer may have taken the first part before it gave up: a window's worth goes out unasked. */
const largestRequest = 65_536;

/**
 * Whether the peer had said goodbye before it knew of the last request, by the kernel's own count:
 *
 *     late                                        given up on
 *       us                        peer              us                        peer
 *       │ ◀──────── FIN ───────── │ idle            │ ─────── request ──────▶ │
 *       │ ─────── request ──────▶ │                 │ ◀──── ACK + FIN ─────── │ read it, and gave up
 *       │ ◀──────── RST ───────── │                 │                         │
 *
 * A FIN acknowledges all that has come before it, and a RST is not counted: where the FIN is there and the request is
 * not acknowledged at all, the one was sent before the other came in. Holds in CLOSE, too (tcp_info keeps its counters).
 * `requestBytes`: of the whole request, head and body; undefined where that is not known, and then nothing is.
 */
export function lateRequest(
  info: TcpInfo,
  bytesRead: number,
  requestBytes: number | undefined,
): LateRequest | undefined {
  const unacknowledged = unacknowledgedByPeer(info);
  if (unacknowledged === undefined || requestBytes === undefined) return undefined;
  if (requestBytes <= 0 || requestBytes > largestRequest || unacknowledged < requestBytes) return undefined;
  // tcpi_bytes_received counts the peer's FIN as one.
  if (info.bytesReceived !== bytesRead + 1) return undefined;
  // The FIN is the last segment that was acceptable: a RST moves none of these (net/ipv4/tcp_input.c, tcp_ack).
  const finBeforeMs = info.lastAckReceivedMs;
  const idleMs = info.lastDataReceivedMs - finBeforeMs;
  return { finBeforeMs, peerIdleMs: idleMs > tickMs ? idleMs : undefined };
}

/** Payload of a client; tcpi_bytes_acked counts its SYN. Undefined before Linux 4.19. */
function unacknowledgedByPeer({
  bytesSent,
  bytesRetransmitted,
  bytesAcked,
  notSentBytes,
}: TcpInfo): number | undefined {
  if (bytesSent === undefined || bytesAcked === undefined) return undefined;
  return bytesSent - (bytesRetransmitted ?? 0) + (notSentBytes ?? 0) - Math.max(0, bytesAcked - 1);
}
