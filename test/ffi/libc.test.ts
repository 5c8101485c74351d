import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { NotSupportedError } from '../../src/errors.ts';
import { errnoName, type Libc, loadLibc } from '../../src/ffi/libc.ts';
import { parseTcpInfo, tcpInfoSize } from '../../src/tcp/tcp-info.ts';

const { EAGAIN, EBADF, EMSGSIZE, ENOPROTOOPT, ENOTSOCK, EOPNOTSUPP } = constants.errno;

let libc: Libc | undefined;
let skip: string | false = false;
try {
  libc = loadLibc();
} catch (error) {
  if (!(error instanceof NotSupportedError)) throw error;
  skip = `needs ${error.requirement}`;
}

function needed(): Libc {
  assert.ok(libc);
  return libc;
}

function fdOf(socket: Socket): number {
  return (socket as unknown as { _handle: { fd: number } })._handle.fd;
}

describe('libc', { skip }, () => {
  const server = createServer();
  const closing: Socket[] = [];
  after(() => {
    for (const socket of closing) socket.destroy();
    server.close();
  });

  async function connected(): Promise<Socket> {
    if (!server.listening) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      server.on('connection', (socket) => closing.push(socket));
    }
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const socket = connect(address.port, '127.0.0.1');
    closing.push(socket);
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    return socket;
  }

  it('is loaded once', () => {
    assert.equal(loadLibc(), libc);
  });

  it('tcpInfo of an open connection → established, and nothing written behind the length', async () => {
    const into = new Uint8Array(tcpInfoSize).fill(0xaa);
    const length = needed().tcpInfo(fdOf(await connected()), into);
    assert.ok(length >= 104 && length < tcpInfoSize, `${length} bytes`);
    assert.equal(parseTcpInfo(into.subarray(0, length))?.state, 'established');
    assert.ok(into.subarray(length).every((byte) => byte === 0xaa));
  });

  it('tcpInfo into a part of a buffer → only that part is written', async () => {
    const buffer = new Uint8Array(300).fill(0xaa);
    const into = buffer.subarray(100, 204);
    assert.equal(needed().tcpInfo(fdOf(await connected()), into), 104);
    assert.equal(parseTcpInfo(into)?.state, 'established');
    assert.ok(buffer.subarray(0, 100).every((byte) => byte === 0xaa));
    assert.ok(buffer.subarray(204).every((byte) => byte === 0xaa));
  });

  it('tcpInfo of what is no TCP socket → -errno', () => {
    const into = new Uint8Array(tcpInfoSize);
    const netlink = needed().openSockDiag();
    assert.equal(needed().tcpInfo(-1, into), -EBADF);
    assert.equal(needed().tcpInfo(1_000_000, into), -EBADF);
    assert.ok([-ENOPROTOOPT, -EOPNOTSUPP].includes(needed().tcpInfo(netlink, into)));
    needed().close(netlink);
    assert.ok([-ENOTSOCK, -EBADF, -ENOPROTOOPT, -EOPNOTSUPP].includes(needed().tcpInfo(0, into)));
  });

  it('socketCookie → the same for the same socket, another for another', async () => {
    const [one, other] = [await connected(), await connected()];
    const cookie = needed().socketCookie(fdOf(one));
    assert.ok(cookie > 0 && Number.isSafeInteger(cookie));
    assert.equal(needed().socketCookie(fdOf(one)), cookie);
    assert.notEqual(needed().socketCookie(fdOf(other)), cookie);
  });

  it('socketCookie of no socket → 0', () => {
    assert.equal(needed().socketCookie(-1), 0);
  });

  it('receive with nothing there → -EAGAIN at once, never a wait', () => {
    const fd = needed().openSockDiag();
    assert.equal(needed().receive(fd, new Uint8Array(64)), -EAGAIN);
    needed().close(fd);
    assert.equal(needed().receive(fd, new Uint8Array(64)), -EBADF);
    assert.equal(needed().send(fd, new Uint8Array(16)), -EBADF);
  });

  it('receive into too short a buffer → -EMSGSIZE, not a cut datagram', () => {
    const fd = needed().openSockDiag();
    // An empty message of type 20 that asks for nothing: the kernel answers with NLMSG_ERROR, 36 bytes or more.
    const request = Uint8Array.of(16, 0, 0, 0, 20, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0);
    assert.equal(needed().send(fd, request), 16);
    assert.equal(needed().receive(fd, new Uint8Array(16)), -EMSGSIZE);
    needed().close(fd);
  });

  it('close → the descriptor is gone', () => {
    const fd = needed().openSockDiag();
    assert.ok(existsSync(`/proc/self/fd/${fd}`));
    needed().close(fd);
    assert.ok(!existsSync(`/proc/self/fd/${fd}`));
  });
});

it('without the koffi package → NotSupportedError that names it, at the call and not at the import', {
  skip,
}, async () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'synfin-no-koffi-'));
  try {
    cpSync(fileURLToPath(new URL('../../src', import.meta.url)), join(elsewhere, 'src'), { recursive: true });
    writeFileSync(join(elsewhere, 'package.json'), '{"type":"module"}');
    const alone: { loadLibc(): Libc } = await import(pathToFileURL(join(elsewhere, 'src/ffi/libc.js')).href);
    assert.throws(alone.loadLibc, {
      name: 'NotSupportedError',
      code: 'SYNFIN_NOT_SUPPORTED',
      requirement: `the koffi package with its binary for linux-${process.arch}`,
    });
  } finally {
    rmSync(elsewhere, { recursive: true });
  }
});

it('errnoName: either sign, and a number without a name', () => {
  assert.equal(errnoName(constants.errno.ECONNREFUSED), 'ECONNREFUSED');
  assert.equal(errnoName(-constants.errno.ENOENT), 'ENOENT');
  assert.equal(errnoName(4711), 'errno 4711');
});
