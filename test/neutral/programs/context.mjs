// node context.mjs <name>: in whose asynchronous context an application's own functions are called.
import {
  AsyncLocalStorage,
  AsyncResource,
  executionAsyncId,
  executionAsyncResource,
  triggerAsyncId,
} from 'node:async_hooks';
import domain from 'node:domain';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import account from './account.cjs';

const { closed, freePort, host, listening, pause, run, say } = account;

await run({
  async storage() {
    const storage = new AsyncLocalStorage();
    const log = { client: [], serving: [], http: [], refused: [] };
    const tell = (who, where) => () => log[who].push([where, storage.getStore() ?? null]);
    const server = net.createServer((socket) => {
      tell('serving', 'connection')();
      storage.run('accepted', () => {
        for (const name of ['data', 'end', 'close', 'finish']) socket.on(name, tell('serving', name));
        socket.setTimeout(20, tell('serving', 'timeout')).once('timeout', () => socket.setTimeout(0));
        socket.write('hello', tell('serving', 'written'));
      });
    });
    const port = await storage.run('listen', () => listening(server));
    const lookup = (_name, _options, done) => {
      tell('client', 'lookup')();
      setImmediate(() => storage.run('looked up', () => done(null, [{ address: host, family: 4 }])));
    };
    const client = storage.run('caller', () =>
      net.connect({ port, host: 'here.invalid', lookup }, tell('client', 'callback')),
    );
    for (const name of ['connect', 'ready', 'data', 'end', 'close', 'timeout']) client.on(name, tell('client', name));
    await once(client, 'connect');
    storage.run('timer', () => client.setTimeout(40)).once('timeout', () => client.setTimeout(0));
    await once(client, 'timeout');
    storage.run('ender', () => client.end('x', tell('client', 'ended')));
    await closed(client);
    const refused = storage.run('refused', () => net.connect(1, host));
    refused.on('error', tell('refused', 'error')).on('close', tell('refused', 'close'));
    const nobody = await freePort();
    const other = storage.run('nobody', () => net.connect(nobody, host));
    other.on('error', tell('refused', 'error of nobody'));
    await closed(other);
    server.close();
    for (const [who, seen] of Object.entries(log)) say(who, seen);
  },

  /** One socket serves three requests, the second of which waits for it. */
  async requests() {
    const storage = new AsyncLocalStorage();
    const log = [];
    const tell = (where) => log.push([where, storage.getStore() ?? null]);
    const server = http.createServer((request, response) => {
      const { url } = request;
      tell(`server ${url}`);
      storage.run(`serving ${url}`, () => setImmediate(() => tell(`later ${url}`) && response.end(url)));
      response.on('finish', () => tell(`finish ${url}`));
    });
    const port = await listening(server);
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const get = (path) =>
      storage.run(path, async () => {
        const request = http.get({ host, port, agent, path }, () => tell(`response ${path}`));
        request.on('socket', () => tell(`socket ${path}`)).on('finish', () => tell(`sent ${path}`));
        const [response] = await once(request, 'response');
        response.on('end', () => tell(`end ${path}`)).resume();
        await closed(response);
        tell(`awaited ${path}`);
      });
    await Promise.all(['/1', '/2'].map(get));
    await get('/3');
    const body = await storage.run('fetch', async () => {
      const answer = await fetch(`http://${host}:${port}/fetch`);
      tell('fetched');
      return answer.text();
    });
    say('body', body);
    agent.destroy();
    server.closeAllConnections();
    server.close();
    for (const path of ['1', '2', '3', 'fetch'])
      say(
        `/${path}`,
        log.filter(([where]) => where.endsWith(path)),
      );
    say(
      'fetched',
      log.filter(([where]) => where === 'fetched'),
    );
  },

  async resources() {
    const log = [];
    const tell = (where) =>
      log.push([where, executionAsyncResource().constructor.name, executionAsyncId() > 0, triggerAsyncId() > 0]);
    const scope = new AsyncResource('MINE');
    const server = net.createServer((socket) => {
      tell('connection');
      socket.on('end', () => tell('end of serving')).resume();
    });
    const port = await listening(server);
    const client = scope.runInAsyncScope(() => net.connect(port, host, () => tell('callback')));
    client.on('close', () => tell('close')).resume();
    await once(client, 'connect');
    client.end();
    await closed(client);
    const refused = net.connect(await freePort(), host).on('error', () => tell('error'));
    await closed(refused);
    server.close();
    say('log', log.sort());
  },

  async domains() {
    const port = await freePort();
    const mine = domain.create();
    const log = [];
    mine.on('error', (error) =>
      log.push([error.code ?? error.message, error.domainThrown, error.domainEmitter?.constructor.name]),
    );
    mine.run(() => net.connect(port, host));
    const server = net.createServer((socket) => socket.resume().end());
    const open = await listening(server);
    mine.run(() => {
      net.connect(open, host, () => {
        log.push(['connected', process.domain === mine]);
        throw new Error('thrown in connect');
      });
    });
    while (log.length < 3) await pause(10);
    server.close();
    say('log', [log.sort(), process.domain === mine, mine.members.length]);
    process.exit(4);
  },
});
