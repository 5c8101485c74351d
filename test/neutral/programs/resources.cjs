// node resources.cjs <name>: what keeps the process alive, and what is counted of it.
'use strict';
const { createHook } = require('node:async_hooks');
const http = require('node:http');
const net = require('node:net');
const { once } = require('node:events');
const { finish, freePort, host, listening, pair, pause, run, say, turn } = require('./account.cjs');

const names = (things) => things.map((thing) => thing.constructor?.name);

/** Files that Node's loader of modules has read and is closing yet. */
const ofLoader = /^(FileHandle)?CloseReq$/;
const without = (list) => list.filter((name) => !ofLoader.test(name));

function look(when) {
  const [handles, requests] = [process._getActiveHandles(), process._getActiveRequests()].map(names);
  say(when, [without(process.getActiveResourcesInfo()), handles, without(requests)]);
}

/** However much there is to do, these come once each. */
function endings() {
  const seen = [];
  process.on('beforeExit', (code) => seen.push(['beforeExit', code]));
  process.on('exit', (code) => say('ended', [...seen, ['exit', code], without(process.getActiveResourcesInfo())]));
}

run({
  async active() {
    endings();
    look('at first');
    const server = net.createServer();
    look('made');
    const port = await listening(server);
    look('listening');
    const client = net.connect(port, host);
    look('connecting');
    const [[serving]] = await Promise.all([once(server, 'connection'), once(client, 'connect')]);
    look('connected');
    client.setTimeout(1000);
    client.write('hello');
    await once(serving, 'data');
    look('read');
    client.setTimeout(0);
    await pause(120);
    look('later');
    await finish({ server, client, serving });
    await turn();
    look('closed');
    net.connect(await freePort(), host).on('error', () => look('refused'));
  },

  /** All that is active at any time while nothing happens: a server that has not ended a connection, and its client. */
  async 'looked at'() {
    const ends = await pair({ allowHalfOpen: true });
    ends.serving.resume();
    ends.client.end();
    await once(ends.serving, 'end');
    const seen = new Set();
    const until = Date.now() + 400;
    while (Date.now() < until) {
      for (const name of without(process.getActiveResourcesInfo())) seen.add(name);
      await turn();
    }
    // The turns are the program's own.
    seen.delete('Immediate');
    say('seen', [...seen].sort());
    ends.client.resume();
    ends.serving.end();
    ends.server.close();
  },

  /** More connections come and go in one turn than a guest would care to think about at once. */
  async burst() {
    endings();
    const server = net.createServer((socket) => socket.end());
    const port = await listening(server);
    let left = 150;
    const done = new Promise((resolve) => {
      for (let count = left; count > 0; count--)
        net
          .connect(port, host)
          .resume()
          .on('close', () => --left === 0 && resolve());
    });
    await done;
    server.close();
    await once(server, 'close');
    say('closed', [process._getActiveHandles().length, left]);
  },

  async 'nothing to do'() {
    endings();
    say('argv', process.argv.slice(2));
  },

  async 'unref()ed'() {
    endings();
    const ends = await pair();
    for (const one of Object.values(ends)) one.unref();
    look('unref()ed');
    say('hasRef', [ends.client._handle.hasRef(), ends.serving._handle.hasRef(), ends.server._handle.hasRef()]);
  },

  async 'an idle agent'() {
    endings();
    const server = http.createServer((_request, response) => response.end('ok'));
    const agent = new http.Agent({ keepAlive: true });
    const request = http.get({ host, port: await listening(server), agent });
    const [response] = await once(request, 'response');
    const free = once(agent, 'free');
    response.resume();
    await free;
    look('idle');
    server.unref();
    server.closeIdleConnections();
  },

  /** `beforeExit` finds work to do, twice. */
  async 'called back to life'() {
    endings();
    let lives = 2;
    process.on('beforeExit', async () => {
      if (lives-- > 0) await finish(await pair());
    });
    await finish(await pair());
  },

  async 'async hooks'() {
    const counts = { init: {}, before: {}, after: {}, destroy: 0 };
    const types = new Map();
    const ofNet = /^(TCP|PIPE|CONNECT|SHUTDOWN|WRITE|GETADDRINFO|HTTP)/;
    const add = (kind, id) => {
      const type = types.get(id);
      if (ofNet.test(type)) counts[kind][type] = (counts[kind][type] ?? 0) + 1;
    };
    const hook = createHook({
      init(id, type) {
        types.set(id, type);
        add('init', id);
      },
      before: (id) => add('before', id),
      after: (id) => add('after', id),
    }).enable();
    for (let times = 0; times < 3; times++) await finish(await pair());
    const server = http.createServer((_request, response) => response.end('ok'));
    const request = http.get({ host, port: await listening(server), agent: new http.Agent() });
    const [response] = await once(request, 'response');
    await once(response.resume(), 'close');
    server.close();
    await once(server, 'close');
    hook.disable();
    say('counts', counts);
  },

  async surroundings() {
    const before = JSON.stringify([process.env, process.argv.slice(2), process.cwd(), process.title, process.umask()]);
    await finish(await pair());
    await pause(120);
    say(
      'the same',
      JSON.stringify([process.env, process.argv.slice(2), process.cwd(), process.title, process.umask()]) === before,
    );
    say(
      'env',
      Object.keys(process.env)
        .sort()
        .filter((name) => name !== 'NODE_OPTIONS'),
    );
    const lazily = ['stdout', 'stderr', 'stdin'].map(
      (name) => typeof Object.getOwnPropertyDescriptor(process, name).get,
    );
    say('process', [
      lazily,
      process.eventNames().map(String),
      process.domain,
      process.exitCode,
      process.getMaxListeners(),
    ]);
    look('nothing of stdio');
    say(
      'sources',
      Object.getOwnPropertyNames(globalThis).filter((name) => /synfin/i.test(name)),
    );
    say('main', [
      require.main === module,
      module.children.length,
      module.parent === null,
      require.main.filename.endsWith('resources.cjs'),
    ]);
  },
});
