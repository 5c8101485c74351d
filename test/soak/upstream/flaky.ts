import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { host, keepMs, listening } from '../listening.ts';
import { did } from '../tally.ts';
import { answer } from './answer.ts';

const upMs = 25_000;
const downMs = 20_000;

/** A dependency that is down for 20 s again and again: it ends all its connections, and refuses new ones. */
export async function flaky(): Promise<number> {
  const server = createServer({ keepAliveTimeout: keepMs }, answer);
  const port = await listening(server);
  void (async () => {
    for (;;) {
      await sleep(upMs);
      server.close();
      server.closeAllConnections();
      did('times that a dependency was down for 20 s');
      await sleep(downMs);
      server.listen({ port, host });
    }
  })();
  return port;
}
