import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { kernelSockets } from '../../src/ffi/kernel-sockets.ts';
import { loadLibc } from '../../src/ffi/libc.ts';
import { kernelNeeds } from '../system/run.ts';

const fdOf = (socket: Socket) => (socket as unknown as { _handle: { fd: number } })._handle.fd;

async function pair(host: string): Promise<{ client: Socket; accepted: Socket; close: () => void }> {
  const server = createServer({ pauseOnConnect: true });
  await once(server.listen(0, host), 'listening');
  const client = connect({ port: (server.address() as AddressInfo).port, host, allowHalfOpen: true });
  const [[accepted]] = (await Promise.all([once(server, 'connection'), once(client, 'connect')])) as [
    [Socket],
    unknown,
  ];
  for (const socket of [client, accepted]) socket.on('error', () => {});
  return {
    client,
    accepted,
    close: () => [client, accepted].forEach((socket) => void socket.destroy()) ?? server.close(),
  };
}

describe('what the kernel tells of a socket of ours', { skip: kernelNeeds }, () => {
  for (const host of ['127.0.0.1', '::1'])
    it(`${host}: the other end, when the connection stands and when a RST has ended it`, async (context) => {
      const kernel = kernelSockets(loadLibc());
      const { client, accepted, close } = await pair(host);
      context.after(close);
      const peer = { address: host, port: client.localPort };
      assert.deepEqual(kernel.peer(fdOf(accepted)), peer);
      client.resetAndDestroy();
      while (kernel.tcpInfo(fdOf(accepted))?.state !== 'closed') await new Promise((resolve) => setTimeout(resolve, 5));
      assert.deepEqual(kernel.peer(fdOf(accepted)), peer);
    });

  it('of a socket that has no other end, and of none → undefined', async () => {
    const kernel = kernelSockets(loadLibc());
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    assert.equal(kernel.peer(fdOf(server as unknown as Socket)), undefined);
    assert.equal(kernel.peer(-1), undefined);
    server.close();
  });

  it('TCP_INFO is read from the same bytes each time: what is kept is a copy', async (context) => {
    const kernel = kernelSockets(loadLibc());
    const { client, accepted, close } = await pair('127.0.0.1');
    context.after(close);
    const info = kernel.tcpInfo(fdOf(client));
    const kept = info?.copy();
    accepted.end();
    while (kernel.tcpInfo(fdOf(client))?.state !== 'close_wait') await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(info?.state, 'close_wait');
    assert.equal(kept?.state, 'established');
  });
});
