import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { host } from '../listening.ts';
import { again, between, hold, stillMs } from '../rhythm.ts';
import type { Around } from '../service.ts';
import { did } from '../tally.ts';

/** So much work is taken at once, more than the buffers hold: the window opens each time. */
const batchBytes = 8_000_000;

/** What goes on without a request. */
export function background({ upstream }: Around): void {
  consume(upstream.jobs, stillMs / 10);
  consume(upstream.jobs, stillMs);
  void tenants(upstream.patient);
  void again('times that the event loop was held for 50 to 200 ms', 5000, async () => hold(between(50, 200)));
  void again('times that 30 MB were thrown away', 7000, async () => {
    for (let n = 0; n < 30; n++) {
      Array.from({ length: 30_000 }, (_, i) => ({ i }));
      await sleep(1);
    }
  });
}

/** A consumer of jobs that takes a batch, and nothing more until it has worked it off. */
function consume(port: number, workMs: number): void {
  const socket = connect(port, host);
  let taken = 0;
  socket.on('error', () => {});
  socket.on('data', ({ length }) => {
    taken += length;
    if (taken < batchBytes) return;
    did('bytes of jobs', taken);
    taken = 0;
    socket.pause();
    setTimeout(() => socket.resume(), workMs);
  });
}

/** Each tenant has an agent of its own, made when it first needs one, and used now and then. */
async function tenants(port: number): Promise<void> {
  for (let n = 0; n < 20; n++) {
    const agent = new Agent({ keepAlive: true, timeout: 60_000 });
    void again('requests for a tenant', 30_000, async () => {
      const [response] = await once(get({ host, port, agent, path: '/json' }), 'response');
      await once(response.resume(), 'end');
    });
    await sleep(between(500, 2500));
  }
}
