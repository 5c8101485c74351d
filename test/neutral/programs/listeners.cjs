// node listeners.cjs <name>: what an application sees of its own listeners.
'use strict';
const http = require('node:http');
const net = require('node:net');
const { once } = require('node:events');
const { finish, freePort, host, listenersOf, listening, pair, pause, run, say } = require('./account.cjs');

const names = ['connect', 'ready', 'lookup', 'data', 'readable', 'end', 'close', 'error', 'timeout', 'drain', 'finish'];

run({
  async counts() {
    const ends = await pair();
    for (const [name, one] of Object.entries(ends)) say(name, listenersOf(one));
    say('server of http', listenersOf(http.createServer()));
    const server = http.createServer((request, response) => {
      say('request', [listenersOf(request), listenersOf(response), listenersOf(request.socket)]);
      response.end('ok');
    });
    const agent = new http.Agent({ keepAlive: true });
    const request = http.get({ host, port: await listening(server), agent });
    say('made', listenersOf(request));
    const [response] = await once(request, 'response');
    say('answered', [listenersOf(request), listenersOf(response), listenersOf(request.socket)]);
    const free = once(agent, 'free');
    await once(response.resume(), 'close');
    await free;
    say('idle', [listenersOf(request.socket), listenersOf(agent)]);
    agent.destroy();
    server.close();
    await finish(ends);
    for (const [name, one] of Object.entries(ends)) say(name, listenersOf(one));
    say('process', listenersOf(process));
  },

  /** Ten are allowed, with those that Node has of its own. */
  async most() {
    const warned = [];
    process.on('warning', ({ name, type, count }) => warned.push([name, type, count]));
    for (const name of names) {
      const ends = await pair();
      const own = ends.client.listenerCount(name);
      for (let count = own; count < 10; count++) ends.client.on(name, () => {});
      await pause(0);
      const atTen = warned.length;
      ends.client.on(name, () => {});
      await pause(0);
      say(name, { own, atTen, atEleven: warned.splice(0) });
      await finish(ends);
    }
    const server = net.createServer();
    for (let count = 0; count < 9; count++)
      server
        .on('connection', () => {})
        .on('close', () => {})
        .on('listening', () => {});
    await listening(server);
    server.close();
    await once(server, 'close');
    const { port, signal } = { port: await freePort(), signal: new AbortController().signal };
    await once(net.connect({ port, host, signal }), 'error').catch(() => {});
    say('server and signal', warned);
  },

  async 'all removed'() {
    const ends = await pair();
    for (const one of [ends.client, ends.serving, ends.server]) {
      say('before', listenersOf(one));
      say('after', listenersOf(one.removeAllListeners()));
    }
    ends.serving.on('close', () => say('close', ends.serving.destroyed));
    ends.serving.destroy();
    ends.client.destroy();
    ends.server.close();
  },

  /** A reader that comes later finds everything, and nobody has begun to read before it. */
  async 'late readers'() {
    for (const how of ['data', 'readable', 'iterator', 'pipe']) {
      const ends = await pair();
      ends.client.write('hello, ');
      ends.client.end('world');
      await pause(120);
      const { readableFlowing, readableLength, bytesRead } = ends.serving;
      const heard = [];
      if (how === 'data') ends.serving.on('data', (bytes) => heard.push(bytes));
      if (how === 'readable')
        ends.serving.on('readable', () => {
          for (let bytes = ends.serving.read(); bytes !== null; bytes = ends.serving.read()) heard.push(bytes);
        });
      if (how === 'pipe') {
        const { PassThrough } = require('node:stream');
        ends.serving.pipe(new PassThrough()).on('data', (bytes) => heard.push(bytes));
      }
      if (how === 'iterator') for await (const bytes of ends.serving) heard.push(bytes);
      else await once(ends.serving, 'end');
      say(how, { readableFlowing, readableLength, bytesRead, heard: String(Buffer.concat(heard)) });
      await finish(ends);
    }
  },

  /** What is remembered when it is read for the first time is read by nobody else. */
  async addresses() {
    const ends = await pair();
    const early = await pair();
    say('asked in time', [early.client.remoteAddress, early.client.remotePort, early.client.localAddress]);
    await finish(ends);
    await finish(early);
    for (const one of [ends.client, ends.serving, early.client, early.serving])
      say('after the close', [one.remoteAddress, one.remoteFamily, one.remotePort, one.localAddress, one.localPort]);
    for (const one of [ends.client, ends.serving]) say('address()', [one.address(), one._peername, one._sockname]);
  },
});
