import type { Socket } from 'node:net';
import type { SocketSignals } from '../../connection/observation.ts';
import type { KernelSockets } from '../../ffi/kernel-sockets.ts';
import type { TcpState } from '../../tcp/state.ts';
import { sendQueueOf } from '../../tcp/tcp-info.ts';
import type { Entry } from './entry.ts';
import { type Harm, harmOf } from './harm.ts';
import type { Requests } from './requests.ts';
import { readSignals } from './signals.ts';
import { failWhenRead } from './undici-body.ts';

export interface LeakedParts {
  readonly entry: Entry;
  /** The one that the application has: for TLS, the one that encrypts. */
  readonly socket: Socket;
  readonly requests: Requests;
  readonly kernel: KernelSockets | undefined;
}

/** What the kernel says of the connection at this moment, in bytes. */
interface AskedKernel {
  readonly state: TcpState;
  readonly unread: number;
  readonly received: number | undefined;
  readonly acked: number | undefined;
  readonly unacknowledged: number;
}

/** A JavaScript socket that stands for a leaked connection, at one moment. */
export class LeakedSocket {
  readonly #parts: LeakedParts;

  constructor(parts: LeakedParts) {
    this.#parts = parts;
  }

  get signals(): SocketSignals {
    const { entry, socket, requests } = this.#parts;
    return readSignals(entry, socket, requests);
  }

  /** False where no descriptor can be asked, in worker threads for example: a table of sockets has to do. */
  get canAskKernel(): boolean {
    return this.#parts.kernel !== undefined;
  }

  /** Asks the kernel now; undefined when it does not say. */
  askKernel(): AskedKernel | undefined {
    const { entry, kernel } = this.#parts;
    const info = kernel?.tcpInfo(entry.fd);
    if (kernel === undefined || info === undefined) return undefined;
    const { state, bytesReceived: received, bytesAcked: acked } = info;
    const unacknowledged = sendQueueOf(info);
    const unread = kernel.unread(entry.fd);
    return unread === undefined ? undefined : { state, received, acked, unacknowledged, unread };
  }

  /** What would come of it in the application, if it were destroyed now; undefined: nothing but its 'close'. */
  harm(byServer: boolean): Harm | undefined {
    const { socket, requests } = this.#parts;
    return harmOf(socket, requests.isUndici(socket), byServer);
  }

  /**
   * Destroys it, as the application itself would. A socket of undici's gets an error, which undici takes: without one, its
   * versions 6 and 7 fail an assertion of their own, which nobody can catch. Others get none: 'error' would crash a
   * program that does not listen to it. False where it is not destroyed: its methods may be the application's own, and throw.
   */
  destroy(reason: string): boolean {
    const { socket, requests } = this.#parts;
    if (requests.isUndici(socket)) {
      const error = Object.assign(new Error(reason), { code: 'SYNFIN_LEAK' });
      failWhenRead(socket, error);
      return isDone(socket, error);
    }
    return isDone(socket);
  }
}

function isDone(socket: Socket, error?: Error): boolean {
  try {
    socket.destroy(error);
  } catch {
    // An error of the application's, not of ours: it is told that the socket was left open.
  }
  return socket.destroyed;
}
