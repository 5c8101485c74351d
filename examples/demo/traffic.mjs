// The clients of the service. The conductor (demo.mjs) tells which traffic to make next; nothing runs by itself, so
// that a handful of connections tells the whole story.

import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const service = process.env.SERVICE;

const kinds = {
  /** One client on one keep-alive connection: that it asks four times costs one handshake, here and at the upstream. */
  async healthy() {
    await asClient(async (get) => {
      for (const path of ['/health', '/report', '/health', '/report']) {
        await get(path);
        await sleep(150);
      }
    });
  },

  async legacy() {
    await asClient(async (get) => {
      for (let n = 0; n < 2; n++) await get('/legacy');
    });
  },

  async check({ size, times }) {
    await asClient(async (get) => {
      for (let n = 0; n < times; n++) await get(`/check?size=${size}`);
    });
  },

  async dashboard({ times }) {
    await asClient(async (get) => {
      for (let n = 0; n < times; n++) await get('/dashboard');
    });
  },

  /** Clients that are done after a second and say so (FIN). What they wait for then is the service's own goodbye. */
  async upgrade({ times }) {
    for (let n = 0; n < times; n++) {
      const socket = await upgrade();
      setTimeout(() => socket.end(), 1000);
    }
  },
};

/** A client with one keep-alive connection of its own, which it closes when it is done. */
async function asClient(use) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  await use((path) => get(path, agent));
  agent.destroy();
}

function get(path, agent) {
  return new Promise((resolve, reject) => {
    const request = http.get(service + path, { agent }, (response) => {
      response.resume();
      response.on('end', resolve);
      response.on('error', reject);
    });
    request.on('error', reject);
  });
}

function upgrade() {
  return new Promise((resolve, reject) => {
    const request = http.get(service, { agent: false, headers: { connection: 'Upgrade', upgrade: 'ticker' } });
    request.on('error', reject);
    request.on('upgrade', (_response, socket) => {
      socket.on('error', () => {});
      socket.resume();
      resolve(socket);
    });
  });
}

process.on('message', async ({ kind, ...how }) => {
  try {
    await kinds[kind](how);
    process.send?.({ kind: 'done' });
  } catch (error) {
    process.send?.({ kind: 'done', error: error.message });
  }
});

process.send?.({ kind: 'ready' });
process.once('disconnect', () => process.exit());
