import { fstatSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { KernelSockets } from '../../ffi/kernel-sockets.ts';
import { endpoint, type FourTuple } from '../../tcp/endpoint.ts';
import { cookieFromNumber, inodeFrom, type SocketIdentity } from '../../tcp/identity.ts';

/** Node's TCP handle (src/tcp_wrap.cc), as far as it is read here. Nothing of it is ever written. */
export interface TcpHandle {
  /** -1 before connect(2), after close(2), and always on Windows. */
  readonly fd: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly reading?: boolean;
  /** The JavaScript socket, where Node has told the handle (lib/net.js; not for each attempt of a TLS socket). */
  readonly owner?: Socket;
  getsockname(out: { address?: string; port?: number }): number;
  getpeername(out: { address?: string; port?: number }): number;
}

interface MaybeTcpHandle extends Partial<TcpHandle> {
  /** Of a TLSWrap: the handle that it encrypts over, and the JavaScript socket that this handle belongs to. */
  readonly _parent?: MaybeTcpHandle | null;
  readonly _parentWrap?: Socket | null;
}

let tcpPrototype: object | undefined;

/**
 * The TCP handle under a socket: its own, or the one that its TLS layer made for itself. Undefined for pipes, for
 * streams that only look like sockets, and for a TLS socket over somebody else's (see `innerSocketOf`). Reads the
 * handle alone, never a getter of the socket that remembers its answer.
 */
export function tcpHandleOf(socket: Socket): TcpHandle | undefined {
  const handle = handleOf(socket);
  if (handle === undefined) return undefined;
  if (isTcp(handle)) return handle;
  const parent = handle._parent;
  return parent && !handle._parentWrap && isTcp(parent) ? parent : undefined;
}

/** The plain socket that a TLS socket encrypts over, where the application or a server made that one first. */
export function innerSocketOf(socket: Socket): Socket | undefined {
  return handleOf(socket)?._parentWrap ?? undefined;
}

/** Connected, with a descriptor. */
export function isOpen(handle: TcpHandle): boolean {
  return handle.fd >= 0;
}

/** Has a peer: connect(2) has come to a good end. */
export function isConnected(handle: TcpHandle): boolean {
  return handle.getpeername({}) === 0;
}

/** Node's prototype of all TCP handles, once one has been seen. */
export function tcpHandlePrototype(): object | undefined {
  return tcpPrototype;
}

/** Whether a handle knows its socket: Node says it to the handle that a socket has itself, not to one under TLS. */
export function knowsItsOwner(handle: TcpHandle, socket: Socket): boolean {
  return 'owner' in handle && handleOf(socket) === handle;
}

/**
 * What the kernel calls this socket, now: its cookie, which needs no other name beside it; where cookies cannot be
 * asked for, its inode. Undefined parts are those that this host cannot tell.
 */
export function identify(
  handle: TcpHandle,
  kernel: KernelSockets | undefined,
  peer?: FourTuple['peer'],
): SocketIdentity {
  const cookie = kernel && cookieFromNumber(kernel.cookie(handle.fd));
  const inode = cookie === undefined ? inodeOf(handle.fd) : undefined;
  return { cookie, inode, tuple: fourTupleOf(handle, kernel, peer) };
}

function fourTupleOf(
  handle: TcpHandle,
  kernel: KernelSockets | undefined,
  peer: FourTuple['peer'] | undefined,
): FourTuple | undefined {
  const local = name(handle, 'getsockname');
  const remote = peer ?? name(handle, 'getpeername') ?? kernel?.peer(handle.fd);
  return local && remote ? { local, peer: remote } : undefined;
}

function name(handle: TcpHandle, of: 'getsockname' | 'getpeername'): FourTuple['local'] | undefined {
  const out: { address?: string; port?: number } = {};
  if (handle[of](out) !== 0 || out.address === undefined || out.port === undefined) return undefined;
  return endpoint(out.address, out.port);
}

export function inodeOf(fd: number): SocketIdentity['inode'] {
  if (fd < 0) return undefined;
  try {
    return inodeFrom(fstatSync(fd).ino);
  } catch {
    return undefined;
  }
}

function handleOf(socket: Socket): MaybeTcpHandle | undefined {
  return (socket as { _handle?: MaybeTcpHandle | null })._handle ?? undefined;
}

function isTcp(handle: MaybeTcpHandle): handle is TcpHandle {
  const prototype: unknown = Object.getPrototypeOf(handle);
  if (prototype === tcpPrototype) return true;
  if (tcpPrototype !== undefined || handle.constructor?.name !== 'TCP') return false;
  if (typeof handle.getsockname !== 'function' || typeof prototype !== 'object' || prototype === null) return false;
  tcpPrototype = prototype;
  return true;
}
