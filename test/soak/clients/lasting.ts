import { once } from 'node:events';
import { Agent, get, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'undici';
import { host } from '../listening.ts';
import { between, load, manyAgain } from '../rhythm.ts';
import type { ServicePorts } from '../service.ts';
import { did } from '../tally.ts';

/** Milliseconds for which a stream, a WebSocket or a tunnel stays. */
const least = 20_000;
const most = 180_000;

/** Clients that stay for minutes and are quiet for most of them. */
export function lastingClients({ http: port, patient }: ServicePorts): void {
  const many = Math.ceil(12 * load);
  manyAgain(many, 'SSE streams', 500, async () => {
    const agent = new Agent();
    const [response] = await once(get({ host, port, agent, path: '/events' }), 'response');
    const timer = setTimeout(() => response.destroy(), between(least, most));
    response.on('error', () => {}).on('data', () => did('SSE events'));
    await once(response, 'close');
    clearTimeout(timer);
  });
  manyAgain(many, 'long polls', 500, async () => {
    const [response] = await once(get({ host, port, agent: false, path: '/poll' }), 'response');
    await once(response.resume(), 'end');
  });
  manyAgain(many, 'WebSockets that were closed', 500, async () => {
    const socket = new WebSocket(`ws://${host}:${port}/`);
    socket.addEventListener('message', () => did('WebSocket messages'));
    const closed = once(socket, 'close');
    await once(socket, 'open');
    await sleep(between(least, most));
    socket.close();
    await closed;
  });
  manyAgain(Math.ceil(many / 2), 'tunnels that were closed', 1000, async () => {
    const asked = request({ host, port, method: 'CONNECT', path: 'database:5432', agent: false }).end();
    const [, socket] = await once(asked, 'connect');
    socket.on('error', () => {});
    for (let n = 0; n < 3; n++) {
      socket.write('rows 3\n');
      await once(socket, 'data');
      await sleep(between(least / 3, most / 3));
    }
    socket.end();
    await once(socket, 'close');
  });
  // Browsers and proxies that keep a connection, and hardly ever use it.
  manyAgain(Math.ceil(400 * load), 'requests over connections that are hardly used', 40_000, idling(patient));
}

function idling(port: number): () => Promise<void> {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 1000, scheduling: 'fifo' });
  return async () => {
    const [response] = await once(get({ host, port, agent, path: '/hello' }), 'response');
    await once(response.resume(), 'end');
  };
}
