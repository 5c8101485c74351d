import { addressFromBytes, type Endpoint } from '../tcp/endpoint.ts';
import { type AcceptQueueLength, TcpInfoBuffer } from '../tcp/tcp-info.ts';
import type { Libc } from './libc.ts';

/** What the kernel tells a process of its own sockets, by descriptor. */
export interface KernelSockets {
  /** As a number; 0 where there is none. Asking makes the kernel give the socket its cookie. */
  cookie(fd: number): number;
  /** Good until the next call. Undefined when the descriptor is closed or no TCP socket. */
  tcpInfo(fd: number): TcpInfoBuffer | undefined;
  /** Payload that waits to be read, without a FIN; undefined as above. */
  unread(fd: number): number | undefined;
  /** Of a listener. Linux gives it as tcpi_unacked and tcpi_sacked (net/ipv4/tcp.c, tcp_get_info). */
  acceptQueue(fd: number): AcceptQueueLength | undefined;
  /** The other end, which the kernel remembers when the connection is over. Undefined where there never was one. */
  peer(fd: number): Endpoint | undefined;
}

/** struct sockaddr_in { family u16, port be16, addr[4] } and sockaddr_in6 { family u16, port be16, flow u32, addr[16] }. */
const AF_INET = 2;
const AF_INET6 = 10;
const sizeOfIpv4 = 16;
const sizeOfIpv6 = 28;

export function kernelSockets(libc: Libc): KernelSockets {
  const info = new TcpInfoBuffer();
  const name = new Uint8Array(sizeOfIpv6);
  const tcpInfo = (fd: number) => (info.filled(libc.tcpInfo(fd, info.bytes)) ? info : undefined);
  return {
    cookie: (fd) => libc.socketCookie(fd),
    tcpInfo,
    acceptQueue(fd) {
      const told = tcpInfo(fd);
      return told?.state === 'listen' ? told.acceptQueue : undefined;
    },
    unread(fd) {
      const bytes = libc.unread(fd);
      return bytes >= 0 ? bytes : undefined;
    },
    peer(fd) {
      // The kernel refuses to write less than it is given room for (net/core/sock.c, SO_PEERNAME).
      let length = libc.peerName(fd, name.subarray(0, sizeOfIpv6));
      if (length < 0) length = libc.peerName(fd, name.subarray(0, sizeOfIpv4));
      const view = new DataView(name.buffer);
      const family = length >= 8 ? view.getUint16(0, true) : 0;
      if (family === AF_INET) return { address: addressFromBytes(name.subarray(4, 8)), port: view.getUint16(2) };
      if (family !== AF_INET6 || length < 24) return undefined;
      return { address: addressFromBytes(name.subarray(8, 24)), port: view.getUint16(2) };
    },
  };
}
