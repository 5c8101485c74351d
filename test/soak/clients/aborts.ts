import { once } from 'node:events';
import { Agent, get, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { host } from '../listening.ts';
import { again, between, load, manyAgain } from '../rhythm.ts';
import type { ServicePorts } from '../service.ts';

/** Clients that go away in the middle, with a FIN or a RST. */
export function abortingClients({ http: port }: ServicePorts): void {
  const agent = new Agent({ keepAlive: true, timeout: 4000 });
  void again('uploads that were aborted', 800 / load, async () => {
    const asked = request({ host, port, agent, path: '/upload', method: 'POST' });
    asked.on('error', () => {});
    asked.write(Buffer.alloc(100_000));
    await sleep(between(0, 100));
    asked.destroy();
    await closed(asked);
  });
  void again('downloads that were aborted', 800 / load, async () => {
    const asked = get({ host, port, agent, path: '/download/20000000' });
    const [response] = await once(asked, 'response');
    response.on('error', () => {}).on('data', () => {});
    await sleep(between(0, 50));
    response.destroy();
    await closed(response);
  });
  void again('requests that were aborted before the answer', 500 / load, async () => {
    const asked = get({ host, port, agent, path: '/poll' });
    asked.on('error', () => {});
    await sleep(between(0, 300));
    asked.destroy();
    await closed(asked);
  });
  const leaves: readonly [string, (socket: Socket) => unknown][] = [
    ['connections that were reset', (socket) => socket.resetAndDestroy()],
    ['connections that were ended without a request', (socket) => socket.end()],
    ['connections that were destroyed', (socket) => socket.destroy()],
  ];
  for (const [what, leave] of leaves)
    manyAgain(1, what, 1500 / load, async () => {
      const socket = connect(port, host);
      socket.on('error', () => {}).resume();
      await once(socket, 'connect');
      if (Math.random() < 0.5) socket.write('GET /download/20000000 HTTP/1.1\r\nHost: x\r\n\r\n');
      await sleep(between(0, 100));
      leave(socket);
      await closed(socket);
    });
}

/** Whatever was said before. */
function closed(stream: {
  readonly closed?: boolean;
  once: (event: 'close', done: () => void) => unknown;
}): Promise<void> {
  return new Promise((done) => (stream.closed ? done() : stream.once('close', done)));
}
