import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, keep } from '../fault.ts';
import { host } from '../listening.ts';
import { hold } from '../rhythm.ts';

/** Whatever comes of it. */
function ask(port: number, agent: Agent, path: string): Promise<void> {
  return new Promise((done) => {
    const asked = get({ host, port, agent, path }, (response) => response.resume().on('end', done));
    asked.on('error', () => done());
  });
}

/** Keep-alive that is used badly. */
export const keepAliveFaults: Readonly<Record<string, Fault>> = {
  'keep-alive-race': {
    kind: 'keep_alive_race',
    cause: 'reused_after_fin',
    plant({ racing: port }) {
      const agent = new Agent({ keepAlive: true, timeout: 3000 });
      void (async () => {
        for (let n = 0; n < 60; n++) {
          await ask(port, agent, '/first');
          await sleep(20);
          // Between two turns of the event loop, so that nothing that comes in meanwhile is known.
          await new Promise<void>((done) => setImmediate(() => done(hold(500))));
          await ask(port, agent, '/late');
          await sleep(200);
        }
      })();
      return undefined;
    },
  },
  'agent-per-request': {
    kind: 'idle_pile_up',
    cause: 'agent_per_request',
    plant({ polite: port }) {
      void (async () => {
        for (let n = 0; n < 300; n++) {
          await ask(port, keep(new Agent({ keepAlive: true })), '/');
          await sleep(300);
        }
      })();
      return undefined;
    },
  },
};
