import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Observation } from '../../src/connection/observation.ts';
import { now } from '../../src/monotonic.ts';
import { keyedHash } from '../../src/recorder/keyed-hash.ts';
import { Recorder } from '../../src/recorder/recorder.ts';
import { decodeLine, encodeObservation } from '../../src/recording/line.ts';
import { Pseudonyms } from '../../src/recording/pseudonyms.ts';
import { CallSites, samplerFor } from '../../src/sources/net/call-site.ts';
import { NetSource } from '../../src/sources/net/net-source.ts';
import { ProcSource } from '../../src/sources/proc/proc-source.ts';
import { freePace } from '../sources/looks.ts';

/** Of the host that the tests run on, without loopback and zones. */
const real = Object.values(networkInterfaces())
  .flatMap((one) => one ?? [])
  .filter(({ internal }) => !internal);
const used = real.find(({ family }) => family === 'IPv4')?.address;
const skip =
  process.platform !== 'linux' ? 'needs Linux' : used === undefined ? 'needs an IPv4 address besides loopback' : false;

/** What the hook and the kernel's tables say while a client asks a server by its name, for a path of its own. */
async function observed(report: (said: Observation) => void): Promise<void> {
  const stop = new AbortController();
  const net = new NetSource({
    now,
    captureContext: () => ({ context: { customer: 'alice' }, suppressed: false }),
    kernel: () => undefined,
    sites: new CallSites(samplerFor('all', now), () => {}),
    undiciMade: () => {},
    served: () => {},
    audience: {
      listens: true,
      wantsFailures: true,
      wantsHandshake: () => true,
      wantsTeardown: () => true,
      keep: () => undefined,
      closed: () => {},
      meter: undefined,
      ignores: undefined,
    },
    wake: () => {},
    fault: (where, error) => assert.fail(`${where}: ${error}`),
  });
  net.start(report, stop.signal);
  const server = http.createServer((_request, response) => response.end('hello')).listen(0, used);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const agent = new http.Agent({ keepAlive: true });
  const lookup = (_name: string, _options: unknown, found: (error: null, all: object[]) => void) =>
    found(null, [{ address: used, family: 4 }]);
  const request = http.get({
    host: 'db.customers.internal',
    port,
    path: '/orders/alice',
    agent,
    lookup: lookup as never,
  });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  await once(response.resume(), 'end');
  const own = () => ({ asksKernel: false, sweep: async () => {} });
  const rest = { own, suspects: () => [], sweepNamespace: true, remembers: () => true };
  const proc = new ProcSource({ procRoot: '/proc', now, pace: freePace(), ...rest });
  let sweeps = 0;
  const running = proc.run((said) => {
    report(said);
    if (said.kind === 'sweep_end') sweeps++;
  }, stop.signal);
  while (sweeps < 2) await sleep(5);
  agent.destroy();
  server.close();
  await once(server, 'close');
  stop.abort();
  await running;
}

describe('a real program recorded with pseudonyms', { skip }, () => {
  it('the file names no address of the host, no host name and no path; each address has one pseudonym', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'synfin-recorder-'));
    const path = join(directory, 'app.ndjson');
    const pseudonyms = new Pseudonyms(keyedHash());
    const tell = (message: string) => assert.fail(message);
    const recorder = new Recorder({ path, about: { synfin: '0.1.0', options: {} }, now, tell, pseudonyms });
    const plain: string[] = [];
    try {
      await observed((said) => {
        plain.push(encodeObservation(said));
        recorder.write(encodeObservation(said, { pseudonyms }));
      });
      await recorder.end();
      const text = readFileSync(path, 'utf8');
      const lines = text.slice(0, -1).split('\n').slice(1).map(decodeLine);
      assert.equal(lines.length, plain.length);
      assert.ok(lines.every(({ kind }) => kind !== 'bad_line'));
      const hidden = [...real.map(({ address }) => address), 'customers', 'alice', 'orders'];
      const said = plain.join('\n');
      assert.ok(said.includes(used ?? '?') && said.includes('db.customers.internal'), 'there is something to hide');
      for (const name of hidden) assert.ok(!text.includes(name), `the recording names ${name}`);
      const seen = lines.filter((one) => one.kind === 'row' || (one.kind === 'socket_event' && 'id' in one));
      assert.ok(seen.some(({ kind }) => kind === 'row') && seen.some(({ kind }) => kind === 'socket_event'));
      assert.ok(text.includes(`"${pseudonyms.host(used ?? '')}:`));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
