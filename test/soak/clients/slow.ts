import { once } from 'node:events';
import { get, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { host } from '../listening.ts';
import { between, manyAgain, stillMs } from '../rhythm.ts';
import type { ServicePorts } from '../service.ts';
import { did } from '../tally.ts';

/** So much is read at once, so that the window opens: more than the buffers of both ends hold. */
const gulpBytes = 8_000_000;

/** Clients on bad lines, and clients that think. */
export function slowClients({ http: port, raw }: ServicePorts): void {
  manyAgain(2, 'downloads by slow readers', 500, async () => {
    const asked = get({ host, port, agent: false, path: '/download/40000000' });
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    let taken = 0;
    response.on('data', ({ length }) => {
      did('bytes downloaded', length);
      taken += length;
      if (taken < gulpBytes) return;
      taken = 0;
      response.pause();
      setTimeout(() => response.resume(), between(0, stillMs));
    });
    await once(response, 'end');
  });
  manyAgain(3, 'slow uploads', 500, async () => {
    const asked = request({ host, port, agent: false, path: '/upload', method: 'POST' });
    for (let n = 0; n < 10; n++) {
      asked.write(Buffer.alloc(10_000));
      await sleep(between(0, stillMs / 4));
    }
    asked.end();
    const [response] = await once(asked, 'response');
    await once(response.resume(), 'end');
  });
  // A client that says all that it has to say, finishes its side, and waits for the answer.
  manyAgain(4, 'half-closing clients', 500, async () => {
    const socket = connect({ port: raw, host, allowHalfOpen: true });
    socket.end('my question');
    await once(socket.resume(), 'close');
  });
}
