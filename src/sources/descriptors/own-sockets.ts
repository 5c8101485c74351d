import { unreadBytes } from '../../connection/teardown.ts';
import type { Libc } from '../../ffi/libc.ts';
import type { Instant } from '../../tcp/identity.ts';
import { sendQueueOf, type TcpInfo, TcpInfoBuffer } from '../../tcp/tcp-info.ts';
import type { Slices } from '../slices.ts';
import type { OwnLook, OwnSocket, Report } from '../source.ts';

/**
 * Looks at this process's own sockets by getsockopt(TCP_INFO): about a microsecond each, however many sockets the host
 * has, and with the counters that a row of sock_diag only has when asked. A connection that was worth a word is told of
 * once more when it is well again, whichever source runs by then.
 */
export class OwnSocketSweep implements OwnLook {
  readonly #libc: Libc | undefined;
  readonly #now: () => Instant;
  readonly #info = new TcpInfoBuffer();
  readonly #sockets: (report: Report) => Iterable<OwnSocket | undefined>;
  readonly #resent: (socket: OwnSocket, segments: number) => void;
  #notable = new Set<OwnSocket>();

  /**
   * `sockets` gives them one by one, and takes note of who came and went; undefined where there is none to be looked at.
   * Without libc the kernel is not asked. `resent` is told how many segments one has sent again, if it has any.
   */
  constructor(
    libc: Libc | undefined,
    now: () => Instant,
    sockets: (report: Report) => Iterable<OwnSocket | undefined>,
    resent: (socket: OwnSocket, segments: number) => void = () => {},
  ) {
    this.#libc = libc;
    this.#now = now;
    this.#sockets = sockets;
    this.#resent = resent;
  }

  get asksKernel(): boolean {
    return this.#libc !== undefined;
  }

  /** `slices` has begun; it goes on when this is over. */
  async sweep(report: Report, slices: Slices, signal: AbortSignal): Promise<void> {
    const notable = new Set<OwnSocket>();
    for (const socket of this.#sockets(report)) {
      if (slices.isOver()) await slices.rest();
      if (signal.aborted) return;
      if (socket && this.#look(socket, report)) notable.add(socket);
    }
    this.#notable = notable;
  }

  /** True when there was something to tell. */
  #look(socket: OwnSocket, report: Report): boolean {
    const { fd } = socket;
    const info = this.#info;
    if (fd < 0 || !this.#libc || !info.filled(this.#libc.tcpInfo(fd, info.bytes))) return false;
    if (info.totalRetransmits > 0) this.#resent(socket, info.totalRetransmits);
    const unread = this.#unread(socket, unreadBytes(info, socket.bytesRead) ?? 0);
    const notable = isNotable(info) || unread > 0;
    if (!notable && !this.#notable.has(socket)) return false;
    const finUnread = info.state === 'close_wait' && !socket.endRead ? 1 : 0;
    report({
      kind: 'row',
      source: 'sock_diag',
      at: this.#now(),
      socket: socket.ref,
      id: {},
      state: info.state,
      receiveQueue: unread + finUnread,
      sendQueue: sendQueueOf(info),
      info: info.copy(),
    });
    return notable;
  }

  /** What Node did not read, another process that holds the descriptor may have. */
  #unread({ fd }: OwnSocket, notReadHere: number): number {
    if (notReadHere === 0) return 0;
    const queued = this.#libc?.unread(fd) ?? -1;
    return queued < 0 ? notReadHere : Math.min(queued, notReadHere);
  }
}

/** The timer of retransmits or of probes was doubled so often: a segment is lost now and then, and sent again once. */
const fewDoublings = 2;

/**
 * Established or on its way there, and not held up, is not worth a word. Bytes that are not acknowledged for a moment
 * are what a busy connection always has.
 */
function isNotable(info: TcpInfo): boolean {
  const { state, retransmitsInARow, backoff = 0 } = info;
  if (state === 'syn_sent') return retransmitsInARow > 0;
  if (state !== 'established') return true;
  return (retransmitsInARow >= fewDoublings || backoff >= fewDoublings) && sendQueueOf(info) > 0;
}
