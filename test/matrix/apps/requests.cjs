// Requests that share connections, or wait for one another, each in a span of its own.
const { closing, got, host, serving } = require('./loopback.cjs');

const names = ['first', 'second', 'third'];

/** Makes all of them at once. */
async function atOnce(load, request) {
  const spans = (await load('@opentelemetry/api')).trace.getTracer('app');
  const made = names.map((name) =>
    spans.startActiveSpan(name, async (span) => {
      await request();
      span.end();
    }),
  );
  await Promise.all(made);
}

/** One socket at a time, which the server closes after each answer. */
async function queued(load, kind) {
  const http = await load('node:http');
  const undici = await load('undici');
  await serving(http.createServer(closing), async (port) => {
    const pool = new undici[kind](`http://${host}:${port}`, kind === 'Pool' ? { connections: 1 } : {});
    await atOnce(load, async () => (await pool.request({ path: '/', method: 'GET' })).body.text());
    await pool.close();
  });
}

/** A request that comes to nothing. */
async function unanswered(load, end) {
  const http = await load('node:http');
  await serving(
    http.createServer(({ socket }) => end(socket)),
    (port) => got(http, { port, agent: false }).catch(() => {}),
  );
}

const answering = (_request, response) => response.end('ok');

module.exports = {
  // One socket at a time, which the server closes after each answer: the second and the third wait for the first.
  async 'queued, http.Agent'(load) {
    const http = await load('node:http');
    const agent = new http.Agent({ maxSockets: 1 });
    await serving(http.createServer(closing), (port) => atOnce(load, () => got(http, { port, agent })));
  },

  async 'queued, kept-alive http.Agent'(load) {
    const http = await load('node:http');
    const agent = new http.Agent({ maxSockets: 1, keepAlive: true });
    await serving(http.createServer(closing), (port) => atOnce(load, () => got(http, { port, agent })));
  },

  'cut off, http': (load) => unanswered(load, (socket) => socket.resetAndDestroy()),
  'hung up, http': (load) => unanswered(load, (socket) => socket.end()),

  'queued, undici Client': (load) => queued(load, 'Client'),
  'queued, undici Pool': (load) => queued(load, 'Pool'),

  async 'at once, fetch'(load) {
    const http = await load('node:http');
    await serving(http.createServer(closing), (port) =>
      atOnce(load, async () => (await fetch(`http://${host}:${port}/`)).text()),
    );
  },

  // One connection, two requests.
  async 'kept alive, fetch'(load) {
    const http = await load('node:http');
    const server = http.createServer(answering);
    await serving(server, async (port) => {
      for (let i = 0; i < 2; i++) {
        await (await fetch(`http://${host}:${port}/`)).text();
        await new Promise(setImmediate);
      }
      server.closeIdleConnections();
    });
  },

  async 'kept alive, undici Pool'(load) {
    const http = await load('node:http');
    const { Pool } = await load('undici');
    await serving(http.createServer(answering), async (port) => {
      const pool = new Pool(`http://${host}:${port}`, { connections: 1 });
      for (let i = 0; i < 2; i++) await (await pool.request({ path: '/', method: 'GET' })).body.text();
      await pool.close();
    });
  },
};
