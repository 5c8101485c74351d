import { unreadBytes } from '../../connection/teardown.ts';
import type { Libc } from '../../ffi/libc.ts';
import type { Instant } from '../../tcp/identity.ts';
import { TcpInfoBuffer, unacknowledged } from '../../tcp/tcp-info.ts';
import { nextTurn } from '../next-turn.ts';
import type { OwnSocket, Report } from '../source.ts';

/** How long one slice of a sweep may hold the event loop, in microseconds. */
const sliceUs = 500;

/** So many sockets are looked at between two looks at the clock. */
const batch = 32;

/**
 * Looks at this process's own sockets by getsockopt(TCP_INFO): about a microsecond each, however many sockets the host
 * has, and with the counters that a row of sock_diag only has when asked. What is established and read is not worth a
 * word; a connection that was is told of once more when it is well again.
 */
export class OwnSocketSweep {
  readonly #libc: Libc;
  readonly #now: () => Instant;
  readonly #info = new TcpInfoBuffer();
  #notable = new Set<OwnSocket>();

  constructor(libc: Libc, now: () => Instant) {
    this.#libc = libc;
    this.#now = now;
  }

  async sweep(sockets: Iterable<OwnSocket>, report: Report, signal: AbortSignal): Promise<void> {
    const notable = new Set<OwnSocket>();
    let sliceEnd = this.#now() + sliceUs;
    let count = 0;
    for (const socket of sockets) {
      if (++count % batch === 0 && this.#now() > sliceEnd) {
        await nextTurn();
        if (signal.aborted) return;
        sliceEnd = this.#now() + sliceUs;
      }
      if (this.#look(socket, report)) notable.add(socket);
    }
    this.#notable = notable;
  }

  /** True when there was something to tell. */
  #look(socket: OwnSocket, report: Report): boolean {
    const { fd } = socket;
    const info = this.#info;
    if (fd < 0 || !info.filled(this.#libc.tcpInfo(fd, info.bytes))) return false;
    const unread = this.#unread(socket, unreadBytes(info, socket.bytesRead) ?? 0);
    const notable = info.state !== 'established' || unread > 0;
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
      sendQueue: unacknowledged(info) ?? 0,
      info: info.copy(),
    });
    return notable;
  }

  /** What Node did not read, another process that holds the descriptor may have. */
  #unread({ fd }: OwnSocket, notReadHere: number): number {
    if (notReadHere === 0) return 0;
    const queued = this.#libc.unread(fd);
    return queued < 0 ? notReadHere : Math.min(queued, notReadHere);
  }
}
