import { createRequire } from 'node:module';
import { NotSupportedError, SynfinError } from '../errors.ts';

/**
 * The handful of libc calls that Node does not offer. What can be asked often says what went wrong as -errno, a value,
 * and makes no object.
 */
export interface Libc {
  /** `getsockopt(IPPROTO_TCP, TCP_INFO)`: the length that the kernel wrote into `into`, or -errno. */
  tcpInfo(fd: number, into: Uint8Array): number;
  /** `SO_COOKIE` as a number; asking makes the kernel give the socket its cookie. 0 for no socket and before Linux 4.12. */
  socketCookie(fd: number): number;
  /** `SO_PEERNAME`: the length of the sockaddr that the kernel wrote, or -errno. Unlike getpeername(2) also in CLOSE. */
  peerName(fd: number, into: Uint8Array): number;
  /** `ioctl(SIOCINQ)`: payload that waits to be read, a FIN not counted, or -errno. */
  unread(fd: number): number;
  /** The descriptor of a NETLINK_SOCK_DIAG socket of this network namespace, for `close` to end. */
  openSockDiag(): number;
  /** Bytes sent to the kernel, or -errno. */
  send(fd: number, bytes: Uint8Array): number;
  /** Length of the one datagram received, or -errno: EAGAIN when there is none, EMSGSIZE when `into` is too short. */
  receive(fd: number, into: Uint8Array): number;
  /**
   * As `send` and `receive`, in libuv's pool of threads: for a dump the kernel walks its table of all sockets within
   * these calls, several milliseconds on a large host. The bytes are not to be touched until then.
   */
  sendInPool(fd: number, bytes: Uint8Array): Promise<number>;
  receiveInPool(fd: number, into: Uint8Array): Promise<number>;
  close(fd: number): void;
}

/** include/uapi/linux/{in,tcp,netlink}.h, asm-generic/socket.h; the same on every Linux that koffi has a binary for. */
const IPPROTO_TCP = 6;
const TCP_INFO = 11;
const SOL_SOCKET = 1;
const SO_PEERNAME = 28;
const SO_COOKIE = 57;
const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const NETLINK_SOCK_DIAG = 4;
const MSG_TRUNC = 0x20;
const SIOCINQ = 0x541b;

let loaded: Libc | undefined;

/** The libc of this process, loaded once, at the first call (about 8 ms). Throws `NotSupportedError`. */
export function loadLibc(): Libc {
  loaded ??= bind(loadKoffi());
  return loaded;
}

/** `ECONNREFUSED` for 111, or for -111; `errno 4711` for a number that has no name here. */
export function errnoName(errno: number): string {
  const number = Math.abs(errno);
  return Object.entries(os().constants.errno).find(([, value]) => value === number)?.[0] ?? `errno ${number}`;
}

/** Not imported: a program without sockets does not need it. */
function os(): typeof import('node:os') {
  return process.getBuiltinModule('node:os');
}

type Koffi = typeof import('koffi');

function loadKoffi(): Koffi {
  const what = 'calling libc';
  if (process.platform !== 'linux') throw new NotSupportedError(what, 'Linux');
  if (os().endianness() !== 'LE') throw new NotSupportedError(what, 'a little-endian processor');
  const require = createRequire(import.meta.url);
  try {
    return loadBinary(require) ?? require('koffi');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_DLOPEN_DISABLED')
      throw new NotSupportedError(what, 'native addons to be allowed (see --no-addons and --allow-addons)', { cause });
    throw new NotSupportedError(what, `the koffi package with its binary for linux-${process.arch}`, { cause });
  }
}

/**
 * The binary of this processor, without koffi's own wrapping: on Node 22 and later that runs a getter of node:util
 * which opens the host's `process.stderr`. Undefined where koffi keeps it elsewhere.
 */
function loadBinary(require: NodeJS.Require): Koffi | undefined {
  try {
    const fromKoffi = createRequire(require.resolve('koffi'));
    const binary: Partial<Koffi> = fromKoffi(`@koromix/koffi-linux-${process.arch}`);
    return typeof binary.load === 'function' && typeof binary.errno === 'function' ? (binary as Koffi) : undefined;
  } catch {
    return undefined;
  }
}

function bind(koffi: Koffi): Libc {
  // No path: the symbols are those that the node binary itself is linked to, with glibc as with musl.
  const lib = koffi.load(null);
  const socket: (domain: number, type: number, protocol: number) => number = lib.func(
    'int socket(int domain, int type, int protocol)',
  );
  const getsockopt: (fd: number, level: number, name: number, value: Uint8Array, length: Uint32Array) => number =
    lib.func('int getsockopt(int fd, int level, int name, void *value, void *length)');
  const send: SocketCall = lib.func('intptr_t send(int fd, const void *bytes, size_t length, int flags)');
  const recv: SocketCall = lib.func('intptr_t recv(int fd, void *into, size_t length, int flags)');
  const ioctl: (fd: number, request: number, value: Int32Array) => number = lib.func(
    'int ioctl(int fd, unsigned long request, void *value)',
  );
  const close: (fd: number) => number = lib.func('int close(int fd)');

  // Every call here is over before the next can begin, so that one socklen_t and one cookie serve them all.
  const length = new Uint32Array(1);
  const words = new Uint32Array(2);
  const cookie = new Uint8Array(words.buffer);
  const queued = new Int32Array(1);
  const { EMSGSIZE } = os().constants.errno;

  // With MSG_TRUNC the kernel tells the length of the datagram, not of what fitted: a cut one does not go unseen.
  const received = (length: number, into: Uint8Array): number => {
    if (length < 0) return -koffi.errno();
    return length > into.length ? -EMSGSIZE : length;
  };

  return {
    tcpInfo(fd, into) {
      length[0] = into.length;
      return getsockopt(fd, IPPROTO_TCP, TCP_INFO, into, length) === 0 ? (length[0] ?? 0) : -koffi.errno();
    },
    socketCookie(fd) {
      length[0] = cookie.length;
      if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, cookie, length) !== 0) return 0;
      return (words[1] ?? 0) * 0x1_0000_0000 + (words[0] ?? 0);
    },
    peerName(fd, into) {
      length[0] = into.length;
      return getsockopt(fd, SOL_SOCKET, SO_PEERNAME, into, length) === 0 ? (length[0] ?? 0) : -koffi.errno();
    },
    unread(fd) {
      return ioctl(fd, SIOCINQ, queued) === 0 ? (queued[0] ?? 0) : -koffi.errno();
    },
    openSockDiag() {
      // Non-blocking, because this is the event loop's thread. The kernel answers sock_diag within send(2) and
      // recv(2), so that nobody has to wait; where it for once does not, EAGAIN lets the caller come back later. A
      // receive timeout would hold up the whole process for just as long.
      const fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG);
      if (fd < 0) throw cannotOpen(koffi.errno());
      return fd;
    },
    send(fd, bytes) {
      const sent = send(fd, bytes, bytes.length, 0);
      return sent < 0 ? -koffi.errno() : sent;
    },
    receive(fd, into) {
      return received(recv(fd, into, into.length, MSG_TRUNC), into);
    },
    sendInPool(fd, bytes) {
      return inPool(send, fd, bytes, 0, (sent) => (sent < 0 ? -koffi.errno() : sent));
    },
    receiveInPool(fd, into) {
      return inPool(recv, fd, into, MSG_TRUNC, (length) => received(length, into));
    },
    close(fd) {
      close(fd);
    },
  };
}

/** send(2) and recv(2), at once or in libuv's pool; errno is the call's own when it calls back. */
interface SocketCall {
  (fd: number, bytes: Uint8Array, length: number, flags: number): number;
  readonly async: (
    ...call: [
      fd: number,
      bytes: Uint8Array,
      length: number,
      flags: number,
      done: (error: unknown, result: number) => void,
    ]
  ) => void;
}

function inPool(
  call: SocketCall,
  fd: number,
  bytes: Uint8Array,
  flags: number,
  resultOf: (result: number) => number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    call.async(fd, bytes, bytes.length, flags, (error, result) => {
      if (error) reject(error);
      else resolve(resultOf(result));
    });
  });
}

function cannotOpen(errno: number): SynfinError {
  const attempt = `socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG) gave ${errnoName(errno)}`;
  const { EPROTONOSUPPORT, EAFNOSUPPORT, EPERM, EACCES, ENOSYS, EMFILE, ENFILE } = os().constants.errno;
  switch (errno) {
    case EMFILE:
    case ENFILE:
      return new SynfinError('SYNFIN_NO_DESCRIPTORS', attempt);
    case EPROTONOSUPPORT:
    case EAFNOSUPPORT:
    case ENOSYS:
      return new NotSupportedError(attempt, 'a kernel with CONFIG_INET_DIAG');
    case EPERM:
    case EACCES:
      return new NotSupportedError(attempt, 'a seccomp or LSM profile that allows AF_NETLINK sockets');
    default:
      return new SynfinError('SYNFIN_SOURCE_FAILED', attempt);
  }
}
