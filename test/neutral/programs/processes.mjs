// node processes.mjs <name>: processes that are made of this one, and sockets that they hand to each other.
import { fork, spawn, spawnSync } from 'node:child_process';
import cluster from 'node:cluster';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import account from './account.cjs';

const { closed, finish, host, listening, listenersOf, pair, run, say, sequence } = account;
const file = fileURLToPath(import.meta.url);

async function worked(count) {
  cluster.setupPrimary({ exec: file, args: ['a cluster worker'] });
  const log = [];
  cluster.on('online', () => log.push('online')).on('listening', () => log.push('listening'));
  cluster
    .on('disconnect', () => log.push('disconnect'))
    .on('exit', (_worker, code, signal) => log.push(`exit ${code} ${signal}`));
  const workers = Array.from({ length: count }, () => cluster.fork());
  const over = workers.map((worker) => once(worker, 'exit'));
  const addresses = await Promise.all(workers.map((worker) => once(worker, 'listening')));
  const [[{ port }]] = addresses;
  const answers = [];
  for (let times = 0; times < 2 * count; times++) {
    const request = http.get({ host, port, agent: new http.Agent() });
    const [response] = await once(request, 'response');
    answers.push(response.statusCode);
    await closed(response.resume());
  }
  cluster.disconnect();
  await Promise.all(over);
  say('answers', answers);
  say('log', log.sort());
}

await run({
  async 'a forked child'() {
    const child = fork(file, ['the child'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const log = sequence(child, ['message', 'disconnect', 'exit', 'close']);
    await closed(child);
    say('child', log);
  },
  async 'the child'() {
    say('at first', [listenersOf(process), process.connected]);
    await finish(await pair());
    process.send('done');
    say('active', process.getActiveResourcesInfo());
    process.disconnect();
  },
  async 'a spawned node'() {
    const child = spawn(process.execPath, [file, 'the grandchild'], { stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => (said[name] += text));
    const [code, signal] = await once(child, 'close');
    say('child', [code, signal, said]);
    const { status, stderr } = spawnSync(process.execPath, [
      '-e',
      'process.exitCode = 9; net.createServer().listen(0).close()',
    ]);
    say('spawnSync', [status, String(stderr)]);
  },
  async 'the grandchild'() {
    await finish(await pair());
    process.exitCode = 8;
  },

  /** The connection goes on in the other process, with what was written before. */
  async 'a socket that is sent'() {
    const child = fork(file, ['the receiver'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    await once(child, 'message');
    let sent = 'not yet';
    const server = net.createServer({ pauseOnConnect: true }, (socket) => {
      child.send('socket', socket, { keepOpen: false }, (error) => (sent = error));
    });
    const client = net.connect(await listening(server), host).setEncoding('utf8');
    let heard = '';
    client.on('data', (text) => (heard += text));
    client.end('hello');
    await closed(client);
    say('heard', heard);
    server.close();
    await closed(server);
    const [code] = await once(child, 'exit');
    say('receiver', [code, sent]);
  },
  async 'the receiver'() {
    process.once('message', (_message, socket) => {
      say('received', [socket.constructor.name, socket.readableFlowing, listenersOf(socket), socket.bytesRead]);
      socket.setEncoding('utf8').on('data', (text) => socket.end(`${text}, world`));
      socket.on('close', () => process.disconnect());
      socket.resume();
    });
    process.send('ready');
  },
  async 'a server that is sent'() {
    const child = fork(file, ['the other server'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const server = net.createServer();
    const port = await listening(server);
    child.send('server', server, () => server.close());
    await once(child, 'message');
    const client = net.connect(port, host).resume();
    await closed(client);
    say('served', client.bytesRead);
    const [code] = await once(child, 'exit');
    say('other', code);
  },
  async 'the other server'() {
    process.once('message', (_message, server) => {
      server.on('connection', (socket) => {
        socket.end('from the child');
        server.close(() => process.disconnect());
      });
      process.send('listening');
    });
  },

  'round robin': () => worked(2),
  'no schedule': () => {
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    return worked(2);
  },
  async 'a cluster worker'() {
    http.createServer((_request, response) => response.setHeader('connection', 'close').end('ok')).listen(0, host);
  },
  async 'a worker that dies'() {
    cluster.setupPrimary({ exec: file, args: ['a dying worker'] });
    const worker = cluster.fork();
    const [code, signal] = await once(worker, 'exit');
    say('died', [code, signal, worker.exitedAfterDisconnect]);
  },
  async 'a dying worker'() {
    const server = net.createServer(() => {
      throw new Error('in the worker');
    });
    net.connect(await listening(server), host).on('error', () => {});
  },
});
