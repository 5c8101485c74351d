// Two workers of a cluster behind one port.
import cluster from 'node:cluster';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { answering } from './answering.ts';
import { keepMs, listening } from './listening.ts';
import { answer } from './upstream/answer.ts';

const workers = 2;

async function listen(): Promise<number> {
  const forked = Array.from({ length: workers }, () => cluster.fork());
  const ports = await Promise.all(forked.map(async (worker) => (await once(worker, 'listening'))[0].port as number));
  return ports[0] ?? 0;
}

if (cluster.isPrimary) await answering({ listen });
else {
  await listening(createServer({ keepAliveTimeout: keepMs }, answer));
  process.once('disconnect', () => process.exit());
}
