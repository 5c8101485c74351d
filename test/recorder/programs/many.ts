import { fork } from 'node:child_process';
import cluster from 'node:cluster';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { threadId, Worker } from 'node:worker_threads';
import { line, recorder } from './record.ts';

/** Starts others at once that all record to the same path, as this one does: children, cluster workers or threads. */
const [path = '', kind = '', count = '0', role] = process.argv.slice(2);
const self = new URL(import.meta.url);

async function lines(most: number): Promise<void> {
  const recording = recorder(path, { gatherMs: 1, partBytes: 64 * 1024 });
  for (let n = 1; n <= most; n++) {
    recording.write(line(n));
    if (n % 20 === 0) await sleep(1);
    if (n === most / 2) await together();
  }
  await recording.end();
}

/** Nobody ends before everybody records: the name of one that has ended is free. */
async function together(): Promise<void> {
  const meeting = `${path}.here`;
  mkdirSync(meeting, { recursive: true });
  writeFileSync(join(meeting, `${process.pid}.${threadId}`), '');
  while (readdirSync(meeting).length <= Number(count)) await sleep(5);
}

if (role !== undefined || cluster.isWorker) {
  await lines(1000);
  if (cluster.isWorker) process.exit(0);
} else {
  const others = Array.from({ length: Number(count) }, () => {
    if (kind === 'cluster') return cluster.fork();
    const argv = [path, kind, count, 'other'];
    return kind === 'threads' ? new Worker(self, { argv }) : fork(self, argv);
  });
  const ended = others.map((other) => new Promise((done) => other.once('exit', done)));
  await Promise.all([lines(1000), ...ended]);
}
