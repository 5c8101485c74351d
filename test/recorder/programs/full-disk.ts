import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { line, recorder } from './record.ts';

/** In a small file system of its own: fills it, makes room again, and goes on. */
const [directory = ''] = process.argv.slice(2);
const ballast = join(directory, 'ballast');
writeFileSync(ballast, Buffer.alloc(400 * 1024));
const recording = recorder(join(directory, 'app.ndjson'), { gatherMs: 5, retryMs: 200 });
let n = 0;
while (recording.dropped === 0) {
  for (let some = 0; some < 50; some++) recording.write(line(++n));
  await sleep(5);
}
const before = recording.written;
rmSync(ballast);
while (recording.written < before + 100) {
  recording.write(line(++n));
  await sleep(5);
}
await recording.end();
process.stdout.write(
  `${JSON.stringify({ said: n, before, written: recording.written, dropped: recording.dropped })}\n`,
);
process.exit(0);
