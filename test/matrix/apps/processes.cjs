// Connections that other processes and threads of the application make. What they exit with becomes what this one does.
const { fork, spawn } = require('node:child_process');
const cluster = require('node:cluster');
const { once } = require('node:events');
const { join } = require('node:path');
const { Worker } = require('node:worker_threads');
const { closing, got, host } = require('./loopback.cjs');

const app = join(__dirname, 'app.mjs');
const inside = ['no SDK', 'net'];

/** A test that has failed leaves nobody behind: what does not end by itself is ended. */
const limitMs = 20_000;

async function exited(child) {
  const limit = setTimeout(() => child.kill?.('SIGKILL') ?? child.terminate(), limitMs);
  const [code] = await once(child, 'exit');
  clearTimeout(limit);
  process.exitCode ||= code ?? 1;
}

async function clustered(load, policy) {
  const http = await load('node:http');
  cluster.schedulingPolicy = policy;
  cluster.setupPrimary({ exec: app, args: ['no SDK', 'cluster: worker'] });
  const workers = [cluster.fork(), cluster.fork()];
  const [[, { port }]] = await Promise.all([
    once(cluster, 'listening'),
    ...workers.map((worker) => once(worker, 'listening')),
  ]);
  for (let i = 0; i < 4; i++) await got(http, { port, agent: false });
  const over = workers.map(({ process: worker }) => exited(worker));
  cluster.disconnect();
  await Promise.all(over);
}

module.exports = {
  fork: () => exited(fork(app, inside, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })),
  spawn: () => exited(spawn(process.execPath, [app, ...inside], { stdio: ['ignore', 'ignore', 'inherit'] })),
  'worker thread': () => exited(new Worker(app, { argv: inside, stdout: true })),
  'cluster, round-robin': (load) => clustered(load, cluster.SCHED_RR),
  'cluster, SCHED_NONE': (load) => clustered(load, cluster.SCHED_NONE),

  async 'cluster: worker'(load) {
    const http = await load('node:http');
    const server = http.createServer(closing).listen(0, host);
    await once(process, 'disconnect');
    server.close();
  },
};
