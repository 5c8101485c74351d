import { setTimeout as sleep } from 'node:timers/promises';
import { line, recorder } from './record.ts';

/** Records so many lines, and ends as it is told. */
const [path = '', count = '0', how = 'naturally', partBytes] = process.argv.slice(2);
const recording = recorder(path, partBytes === undefined ? {} : { partBytes: Number(partBytes), keep: 1000 });
recording.write(line(1));
while (recording.written === 0) await sleep(5);
const began = performance.now();
for (let n = 2; n <= Number(count); n++) recording.write(line(n));
process.on('exit', () => process.stdout.write(`${performance.now() - began} ${recording.dropped}\n`));
if (how === 'exit') process.exit(3);
if (how === 'throw') throw new Error('of the application');
if (how === 'kill') {
  await sleep(50);
  process.kill(process.pid, 'SIGKILL');
}
