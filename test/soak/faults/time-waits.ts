import { once } from 'node:events';
import { Agent, type ClientRequest, get } from 'node:http';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CauseOf } from '../../../src/detectors/kinds.ts';
import { type Fault, keep } from '../fault.ts';
import { host, listening } from '../listening.ts';
import type { PeerPorts } from '../peer.ts';

/** Ports that there are, and TIME_WAITs that are made: more than half of them, and not so many that they run out. */
const ports = 600;
const times = 400;
const atOnce = 20;
const pauseMs = 100;

const fewPorts = [`sysctl -qw net.ipv4.ip_local_port_range="20000 ${20_000 + ports - 1}" net.ipv4.tcp_tw_reuse=0`];

function answered(request: ClientRequest): Promise<unknown> {
  return new Promise((done, failed) => {
    request.on('response', (response) => response.resume().on('end', done)).on('error', failed);
  });
}

/** Makes them of one cause, a few at a time. */
function making(
  cause: CauseOf<'time_wait_buildup'>,
  act: (peer: PeerPorts, agent: Agent) => Promise<unknown>,
  agent = new Agent(),
): Fault {
  return {
    kind: 'time_wait_buildup',
    cause,
    before: [],
    atPlant: fewPorts,
    plant(peer) {
      void (async () => {
        for (let n = 0; n < times; n += atOnce) {
          await Promise.all(Array.from({ length: atOnce }, () => act(peer, agent).catch(() => {})));
          await sleep(pauseMs);
        }
      })();
      return undefined;
    },
  };
}

const keepAlive = (options = {}) => new Agent({ keepAlive: true, ...options });

/** Whoever says goodbye first waits for a minute: with 600 ports that soon shows. */
export const timeWaitFaults: Readonly<Record<string, Fault>> = {
  'no-keep-alive': making('no_keep_alive', ({ polite: port }, agent) => answered(get({ host, port, agent }))),
  'connection-close': making(
    'connection_close',
    ({ lastTime: port }, agent) => answered(get({ host, port, agent })),
    keepAlive(),
  ),
  'small-pool': making(
    'small_pool',
    ({ polite: port }, agent) => answered(get({ host, port, agent })),
    keepAlive({ maxFreeSockets: 1 }),
  ),
  'short-keep-alive-timeout': making('short_keep_alive_timeout', async ({ hinting: port }) => {
    await (await fetch(`http://${host}:${port}/`)).text();
  }),
  'aborted-requests': making(
    'aborted_requests',
    ({ silent: port }, agent) => {
      const request = get({ host, port, agent, timeout: 50 });
      request.on('timeout', () => request.destroy()).on('error', () => {});
      return new Promise((done) => request.on('close', done));
    },
    keepAlive(),
  ),
  'closed-by-app': making('closed_by_app', async ({ polite: port }) => {
    const socket = connect(port, host, () => socket.destroy());
    await once(socket, 'close');
  }),
  'max-connections': {
    kind: 'time_wait_buildup',
    cause: 'max_connections_drop',
    before: ['sysctl -qw net.ipv4.tcp_max_tw_buckets=300'],
    async plant() {
      const server = keep(createServer((socket) => socket.on('error', () => {}).resume()));
      server.maxConnections = 1;
      const port = await listening(server);
      keep(connect(port, host)).on('error', () => {});
      // All at once: a place in TIME_WAIT that others of this network have taken is none of these any more. And no more
      // than wait in the queue of a starved loop.
      return { port, times, atOnce, pauseMs };
    },
  },
};
