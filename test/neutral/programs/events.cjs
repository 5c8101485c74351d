// node events.cjs <name>: what happens to sockets and servers, and in which order.
'use strict';
const { once } = require('node:events');
const net = require('node:net');
const { setTimeout: delay } = require('node:timers/promises');
const { closed, finish, freePort, host, listening, pair, pause, run, say, sequence, turn } = require('./account.cjs');

const ofSocket = ['lookup', 'connect', 'ready', 'drain', 'finish', 'end', 'error', 'close', 'timeout'];
const attempts = ['connectionAttempt', 'connectionAttemptFailed', 'connectionAttemptTimeout'];

run({
  async 'a connection'() {
    const accepted = [];
    const server = net.createServer((socket) => sequence(socket.resume(), ofSocket, accepted).push(['accepted']));
    const log = sequence(server, ['listening', 'connection', 'error', 'close']);
    const port = await listening(server);
    const called = [];
    const client = net.connect({ port, host: 'localhost', family: 4 }, () => called.push('callback'));
    called.push('returned');
    const seen = sequence(client, [...ofSocket, ...attempts]);
    await once(client, 'connect');
    client.end('hello', () => seen.push(['callback of end']));
    server.close((error) => log.push(['callback of close', error]));
    await Promise.all([closed(server), closed(client)]);
    await turn();
    say('client', seen);
    say('serving', accepted);
    say('server', log);
    say('called', called);
  },

  /** What is asked for in the callback of connect() comes in the order that Node has for it. */
  async turns() {
    const server = net.createServer((socket) => socket.end());
    const port = await listening(server);
    const log = [];
    // Whether the next turn comes before the next event is up to the network.
    const immediates = [];
    const soon = (from) => {
      process.nextTick(() => log.push(`${from}: tick`));
      queueMicrotask(() => log.push(`${from}: microtask`));
      Promise.resolve().then(() => log.push(`${from}: then`));
      setImmediate(() => immediates.push(from));
      log.push(from);
    };
    const client = net.connect(port, host, () => soon('callback'));
    soon('called');
    for (const name of ['connect', 'ready', 'end', 'close']) client.on(name, () => soon(name));
    client.resume();
    await closed(client);
    await turn();
    say('turns', log);
    say('immediates', [...immediates].sort());
    const refused = net.connect(await freePort(), host).on('error', () => soon('error'));
    log.length = 0;
    refused.on('close', () => soon('refused'));
    await closed(refused);
    await turn();
    say('turns, refused', log);
    server.close();
  },

  async 'happy eyeballs'() {
    const server = net.createServer((socket) => socket.end());
    const port = await listening(server);
    const addresses = ['127.0.0.2', host].map((address) => ({ address, family: 4 }));
    const lookup = (_name, _options, done) => done(null, addresses);
    const options = { port, host: 'both.invalid', lookup, autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 500 };
    const client = net.connect(options).resume();
    const log = sequence(client, [...ofSocket, ...attempts]);
    await closed(client);
    say('client', log);
    say('attempted', client.autoSelectFamilyAttemptedAddresses);
    server.close();
  },

  async endings() {
    const ways = {
      'end, and read': ({ client, serving }) => serving.resume().end() && client.resume().end(),
      'destroy()': ({ client, serving }) => serving.resume() && client.destroy(),
      'destroy(error)': ({ client, serving }) => serving.resume() && client.destroy(new Error('meant')),
      'destroySoon()': ({ client, serving }) => serving.resume() && client.write('x') && client.destroySoon(),
      'resetAndDestroy()': ({ client, serving }) => serving.resume() && client.resetAndDestroy(),
      'resetAndDestroy(), reading': ({ client, serving }) => client.resume() && serving.resetAndDestroy(),
      'twice destroyed': ({ client, serving }) => serving.resume() && client.destroy().destroy(),
      'resumed, and never ended': ({ client, serving }) => serving.end() && client.resume(),
      'Symbol.asyncDispose': ({ client, serving }) => serving.resume() && client[Symbol.asyncDispose]?.(),
    };
    for (const [name, act] of Object.entries(ways)) {
      const ends = await pair();
      const client = sequence(ends.client, ofSocket);
      const serving = sequence(ends.serving, ofSocket);
      const over = [ends.client, ends.serving].map(closed);
      Promise.resolve(act(ends)).catch(() => {});
      await Promise.all(over);
      say(name, { client, serving, server: ends.server.listening });
      ends.server.close();
      await once(ends.server, 'close');
    }
  },

  async 'half open'() {
    const ends = await pair({ allowHalfOpen: true });
    const log = sequence(ends.serving.resume(), ofSocket);
    ends.client.resume().end();
    await once(ends.serving, 'end');
    await pause(120);
    say('after the FIN', [ends.serving.writable, ends.serving.readyState, ends.serving.destroyed, log]);
    ends.serving.end('late');
    await once(ends.serving, 'close');
    ends.server.close();
  },

  async timeouts() {
    const ends = await pair();
    const log = sequence(ends.client, ['timeout', 'close']);
    ends.client.setTimeout(30, () => log.push(['callback']));
    await once(ends.client, 'timeout');
    say('timed out', [log, ends.client.destroyed, ends.client.timeout]);
    ends.client.setTimeout(0);
    ends.serving.setTimeout(30);
    await delay(100);
    say('without a listener', [ends.serving.destroyed, ends.serving.timeout]);
    await finish(ends);
  },

  async signals() {
    const port = await freePort();
    const early = net.connect({ port, host, signal: AbortSignal.abort() });
    say('aborted before', await once(early, 'error'));
    const ends = await pair();
    const control = new AbortController();
    const late = net.connect({ port: ends.server.address().port, host, signal: control.signal });
    control.abort();
    say('aborted while connecting', await once(late, 'error'));
    await finish(ends);
    const server = net.createServer();
    const stop = new AbortController();
    server.listen({ port: 0, host, signal: stop.signal });
    await once(server, 'listening');
    stop.abort();
    await once(server, 'close');
    say('server', server.listening);
  },

  async 'too many'() {
    const server = net.createServer((socket) => socket.on('error', () => {}).resume());
    server.maxConnections = 1;
    const log = [];
    server.on('drop', (data) => log.push(Object.keys(data ?? {})));
    const port = await listening(server);
    const first = net.connect(port, host);
    await once(first, 'connect');
    const second = net
      .connect(port, host)
      .on('error', () => {})
      .resume();
    await closed(second);
    say('dropped', [log, server.connections]);
    say('counted', await new Promise((done) => server.getConnections((error, count) => done([error, count]))));
    first.destroy();
    server.close();
    await once(server, 'close');
  },

  /** The same object makes several connections. */
  async again() {
    const server = net.createServer((socket) => socket.end('bye'));
    const port = await listening(server);
    const client = new net.Socket();
    const log = sequence(client, ofSocket);
    for (let times = 0; times < 3; times++) {
      client.connect(port, host).resume();
      await closed(client);
    }
    say('client', log);
    const hasty = new net.Socket();
    const hastily = sequence(hasty, ofSocket);
    hasty.connect(port, host);
    hasty.destroy();
    await closed(hasty);
    say('destroyed while connecting', hastily);
    server.close();
  },
});
