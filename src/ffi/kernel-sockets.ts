import type { SocketCookie } from '../tcp/identity.ts';
import { readTcpInfo, type TcpInfo, tcpInfoSize } from '../tcp/tcp-info.ts';
import type { Libc } from './libc.ts';

/** What the kernel tells a process of its own sockets, by descriptor. */
export interface KernelSockets {
  socketCookie(fd: number): SocketCookie | undefined;
  /** Undefined when the descriptor is closed or no TCP socket. */
  tcpInfo(fd: number): TcpInfo | undefined;
  /** Payload that waits to be read, without a FIN; undefined as above. */
  unread(fd: number): number | undefined;
}

export function kernelSockets(libc: Libc): KernelSockets {
  const buffer = new Uint8Array(tcpInfoSize);
  const view = new DataView(buffer.buffer);
  return {
    socketCookie: (fd) => libc.socketCookie(fd),
    tcpInfo(fd) {
      const length = libc.tcpInfo(fd, buffer);
      return length > 0 ? readTcpInfo(view, length) : undefined;
    },
    unread(fd) {
      const bytes = libc.unread(fd);
      return bytes >= 0 ? bytes : undefined;
    },
  };
}
