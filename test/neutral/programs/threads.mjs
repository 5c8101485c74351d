// node threads.mjs <name>: worker threads, which have sockets of their own.
import { once } from 'node:events';
import net from 'node:net';
import {
  BroadcastChannel,
  isMainThread,
  parentPort,
  SHARE_ENV,
  threadId,
  Worker,
  workerData,
} from 'node:worker_threads';
import account from './account.cjs';

const { finish, freePort, host, listening, listenersOf, pair, pause, run, say } = account;
const file = new URL(import.meta.url);

/** A worker's answers and its end. */
async function work(task, options = {}, source = file) {
  const worker = new Worker(source, { workerData: task, argv: ['in a worker'], ...options });
  const log = [];
  worker.on('message', (message) => log.push(['message', message]));
  worker.on('error', (error) => log.push(['error', error.code ?? error.message]));
  // It may come after the first message.
  worker.on('online', () => log.unshift(['online']));
  const code = await new Promise((over) => worker.once('exit', over));
  return [...log, ['exit', code]];
}

const tasks = {
  async 'a connection'() {
    const ends = await pair();
    await pause(120);
    parentPort.postMessage([process.getActiveResourcesInfo(), listenersOf(ends.client), listenersOf(process)]);
    await finish(ends);
    parentPort.postMessage([
      threadId,
      process.getActiveResourcesInfo(),
      Reflect.ownKeys(globalThis).length - (Reflect.ownKeys(globalThis).includes(Symbol.for('synfin')) ? 1 : 0),
    ]);
  },
  async 'nothing at all'() {},
  async 'an exit code'() {
    await pair();
    process.exit(6);
  },
  async 'an error that nobody hears'() {
    net.connect(await freePort(), host);
  },
  async 'thrown in connect'() {
    const server = net.createServer();
    net.connect(await listening(server), host, () => {
      throw new Error('in the worker');
    });
  },
  async 'to be terminated'() {
    await pair();
    parentPort.postMessage('ready');
  },
};

await run({
  async 'in a worker'() {
    if (isMainThread) throw new Error('not by itself');
    await tasks[workerData]();
  },
  async files() {
    for (const task of [
      'a connection',
      'nothing at all',
      'an exit code',
      'an error that nobody hears',
      'thrown in connect',
    ])
      say(task, await work(task));
    await finish(await pair());
    say('threadId', [threadId, process.getActiveResourcesInfo().filter((name) => name !== 'CloseReq')]);
  },
  async options() {
    for (const [name, options] of Object.entries({
      'execArgv []': { execArgv: [] },
      SHARE_ENV: { env: SHARE_ENV },
      'env {}': { env: {} },
      stdout: { stdout: true, stderr: true },
      trackUnmanagedFds: { trackUnmanagedFds: true },
      resourceLimits: { resourceLimits: { maxOldGenerationSizeMb: 64 } },
    }))
      say(name, await work('a connection', options));
    const source = `require('node:net').createServer().listen(0, '${host}', function () { require('node:worker_threads').parentPort.postMessage(this.listening); this.close(); })`;
    say('eval', await work('', { eval: true }, source));
  },
  async terminated() {
    const worker = new Worker(file, { workerData: 'to be terminated', argv: ['in a worker'] });
    await once(worker, 'message');
    say('terminated', await worker.terminate());
    const ends = await pair();
    const late = new Worker(file, { workerData: 'a connection', argv: ['in a worker'] });
    late.unref();
    await finish(ends);
  },
  /** All threads at once, with a channel of the application's own among them. */
  async many() {
    const channel = new BroadcastChannel('mine');
    const heard = [];
    channel.onmessage = ({ data }) => heard.push(data);
    const all = await Promise.all([1, 2, 3].map(() => work('a connection')));
    say(
      'all',
      all.map((log) => log.map(([kind]) => kind)),
    );
    channel.close();
    say('heard', heard);
  },
});
