// node http.cjs <name>: servers, clients and pools of node:http, and what they do when nobody asked for anything else.
'use strict';
const http = require('node:http');
const net = require('node:net');
const { once } = require('node:events');
const { closed, finish, freePort, host, listening, listenersOf, pause, run, say, sequence } = require('./account.cjs');

/** All that comes back for some bytes, until the other side ends. */
async function answer(port, text) {
  const socket = net.connect(port, host).setEncoding('latin1');
  let heard = '';
  socket.on('data', (piece) => (heard += piece)).on('error', () => {});
  socket.write(text);
  await closed(socket);
  return heard.replace(/Date: [^\r]*/g, 'Date: today');
}

async function get(port, options = {}) {
  const request = http.get({ host, port, ...options });
  const [response] = await once(request, 'response');
  const free = options.agent?.keepAlive && once(options.agent, 'free');
  let text = '';
  for await (const piece of response.setEncoding('utf8')) text += piece;
  await free;
  return { text, status: response.statusCode, reused: request.reusedSocket, request };
}

const stop = async (server) => {
  server.closeAllConnections();
  server.close();
  await closed(server);
};

run({
  /** What a server does by itself, and does no more when somebody else listens. */
  async defaults() {
    const server = http.createServer((request, response) => {
      say('consumed', [
        request.socket._handle._consumed,
        Boolean(request.socket.parser),
        request.socket.listenerCount('data'),
      ]);
      response.end(`${request.method} ${request.url} ${request.headers.upgrade ?? ''}`);
    });
    const port = await listening(server);
    say('clientError', await answer(port, 'nonsense\r\n\r\n'));
    say('too large', await answer(port, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`));
    say(
      'upgrade',
      await answer(port, 'GET /up HTTP/1.1\r\nHost: x\r\nConnection: upgrade, close\r\nUpgrade: mine\r\n\r\n'),
    );
    say('connect', await answer(port, 'CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n'));
    say('no host', await answer(port, 'GET / HTTP/1.1\r\n\r\n'));
    say(
      'pipelined',
      await answer(port, 'GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
    );
    say(
      'expect',
      await answer(
        port,
        'POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx',
      ),
    );
    server.setTimeout(40);
    say('timeout', await answer(port, ''));
    await stop(server);
    const slow = http.createServer({ headersTimeout: 60, requestTimeout: 60, connectionsCheckingInterval: 20 });
    say('headersTimeout', await answer(await listening(slow), 'GET / HTTP/1.1\r\nHos'));
    await stop(slow);
  },

  async 'heard events'() {
    const server = http.createServer((_request, response) => response.end());
    const log = [];
    server.on('clientError', (error, socket) => {
      log.push(['clientError', error.code, error.bytesParsed]);
      socket.end('HTTP/1.1 418 No\r\n\r\n');
    });
    server.on('upgrade', (request, socket, head) => {
      log.push(['upgrade', request.url, head.length, listenersOf(socket)]);
      socket.end('HTTP/1.1 101 Yes\r\nConnection: upgrade\r\nUpgrade: mine\r\n\r\nbytes');
    });
    server.on('connect', (request, socket) => {
      log.push(['connect', request.url]);
      socket.end('HTTP/1.1 200 Yes\r\n\r\n');
    });
    server.on('timeout', (socket) => {
      log.push(['timeout', socket.destroyed]);
      socket.setTimeout(0);
      socket.end('too late');
    });
    const port = await listening(server);
    say('clientError', await answer(port, 'nonsense\r\n\r\n'));
    say('connect', await answer(port, 'CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n'));
    const request = http.get({ host, port, headers: { connection: 'upgrade', upgrade: 'mine' } });
    const [response, socket, head] = await once(request, 'upgrade');
    say('upgraded', [response.statusCode, head.length <= 5, listenersOf(socket), socket.readableFlowing]);
    await closed(socket.resume());
    server.setTimeout(40);
    say('timeout', await answer(port, ''));
    say('log', log);
    await stop(server);
  },

  /** An answer that nobody listens for is read to its end, and its connection used again. */
  async 'not listened for'() {
    const server = http.createServer((_request, response) => response.end('x'.repeat(100_000)));
    const port = await listening(server);
    const agent = new http.Agent({ keepAlive: true });
    const free = once(agent, 'free');
    http.request({ host, port, agent }).end();
    await free;
    say(
      'free',
      Object.values(agent.freeSockets).map((list) => list.length),
    );
    say('again', (await get(port, { agent })).reused);
    agent.destroy();
    await stop(server);
  },

  async pools() {
    const server = http.createServer((request, response) => response.end(request.url));
    const port = await listening(server);
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1, maxFreeSockets: 1 });
    const texts = await Promise.all(['/1', '/2', '/3'].map((path) => get(port, { agent, path })));
    say(
      'queued',
      texts.map(({ text, reused }) => [text, reused]),
    );
    say('sockets', [
      Object.keys(agent.sockets).length,
      Object.keys(agent.requests).length,
      Object.values(agent.freeSockets).map((list) => list.map(listenersOf)),
    ]);
    const [{ request }] = texts;
    say('shape', [Reflect.ownKeys(request).map(String), Reflect.ownKeys(agent).map(String)]);
    say(
      'same socket',
      texts.every((one) => one.request.socket === request.socket),
    );
    const other = new http.Agent({ createConnection: (options) => new net.Socket().connect(options) });
    say('createConnection', (await get(port, { agent: other })).text);
    const late = new http.Agent();
    late.createConnection = (options, made) => {
      setImmediate(() => made(null, net.connect(options)));
    };
    say('createConnection, later', (await get(port, { agent: late })).text);
    class Mine extends http.Agent {
      addRequest(...args) {
        say('addRequest', [args.length, args[0] instanceof http.ClientRequest, typeof args[1]]);
        return super.addRequest(...args);
      }
    }
    say('subclass', (await get(port, { agent: new Mine() })).text);
    say('no agent', (await get(port, { agent: false })).text);
    say('the global one', [(await get(port)).text, listenersOf(http.globalAgent)]);
    http.globalAgent.destroy();
    agent.destroy();
    await stop(server);
  },

  async failures() {
    const server = http.createServer((request, response) => {
      if (request.url === '/hang up') request.socket.destroy();
      if (request.url === '/half')
        response.writeHead(200, { 'content-length': 9 }).write('half', () => request.socket.destroy());
    });
    const port = await listening(server);
    const names = ['socket', 'response', 'error', 'abort', 'timeout', 'close', 'finish'];
    for (const path of ['/hang up', '/half', '/never']) {
      const request = http.get({ host, port, path: encodeURI(path), agent: new http.Agent() });
      const log = sequence(request, names);
      request.on('response', (response) => sequence(response.resume(), ['aborted', 'error', 'end', 'close'], log));
      if (path === '/hang up') server.removeAllListeners('request').on('request', (one) => one.socket.destroy());
      if (path === '/half')
        server.removeAllListeners('request').on('request', (one, response) => {
          response.writeHead(200, { 'content-length': 9 }).write('half', () => one.socket.destroy());
        });
      if (path === '/never') {
        server.removeAllListeners('request').on('request', () => {});
        request.setTimeout(40, () => request.destroy());
      }
      await closed(request);
      await pause(20);
      say(path, log);
    }
    const refused = http.get({ host, port: await freePort(), agent: new http.Agent() });
    const log = sequence(refused, names);
    await closed(refused);
    say('refused', [log, refused.destroyed, refused.errored]);
    const aborted = http.get({ host, port, signal: AbortSignal.abort() });
    say('aborted', await new Promise((failed) => aborted.once('error', failed)));
    await stop(server);
  },

  async endings() {
    const server = http.createServer((_request, response) => response.end('ok'));
    const port = await listening(server);
    const agent = new http.Agent({ keepAlive: true });
    await get(port, { agent });
    const log = sequence(server, ['close']);
    const [socket] = Object.values(agent.freeSockets)[0];
    socket.ref();
    const seen = sequence(socket, ['end', 'close', 'agentRemove', 'free']);
    server.close(() => log.push(['callback']));
    server.closeIdleConnections();
    await Promise.all([closed(server), closed(socket)]);
    say('server', log);
    say('socket', seen);
    say('pool', [Object.keys(agent.freeSockets).length, agent.totalSocketCount]);
    const ends = { server: net.createServer() };
    ends.client = net.connect(await listening(ends.server), host);
    [ends.serving] = await once(ends.server, 'connection');
    await finish(ends);
  },
});
