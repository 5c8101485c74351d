// A service that closes synfin's agent while it runs on, and starts another one when it is cured.
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { start } from 'synfin';
import { collectMetrics } from 'synfin/prometheus';
import { whenCured } from './beside.mjs';
import { register } from './metrics.mjs';

/** Some scrapes have told of it by then. */
const aliveMs = 6000;

createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
whenCured(() => {
  start();
  collectMetrics({ register });
});
await sleep(aliveMs);
await start().close();
