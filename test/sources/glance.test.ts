import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadLibc } from '../../src/ffi/libc.ts';
import { now } from '../../src/monotonic.ts';
import { ProcSource } from '../../src/sources/proc/proc-source.ts';
import { SockDiagSource } from '../../src/sources/sock-diag/sock-diag-source.ts';
import type { Source } from '../../src/sources/source.ts';
import { formatEndpoint } from '../../src/tcp/endpoint.ts';
import type { TcpState } from '../../src/tcp/state.ts';
import { kernelNeeds } from '../system/run.ts';
import { freePace } from './looks.ts';

const skip = kernelNeeds;
const own = () => ({ asksKernel: true, sweep: async () => {} });

const sources: readonly Source[] = [
  new SockDiagSource({ libc: loadLibc, now, pace: freePace(), own, sweepNamespace: true, remembers: () => false }),
  new ProcSource({
    procRoot: '/proc',
    now,
    pace: freePace(),
    own,
    suspects: () => [],
    sweepNamespace: true,
    remembers: () => false,
  }),
];

/** `established 127.0.0.1:1 → 127.0.0.1:2`, of every socket in these states that has this port at either end. */
async function glanced(source: Source, states: readonly TcpState[], port: number): Promise<string[]> {
  const seen: string[] = [];
  const whole = await source.glance?.(
    states,
    (socket) => {
      if (socket.localPort !== port && socket.peerPort !== port) return;
      const { local, peer } = socket.fourTuple;
      assert.deepEqual([local.port, peer.port], [socket.localPort, socket.peerPort]);
      // An older one is of another test that was given the same port.
      if (socket.state === 'time_wait' && (socket.expiresMs ?? 0) <= 50_000) return;
      const rest = socket.state === 'time_wait' ? ' for a minute' : '';
      const owner = socket.inode === 0 ? ' nobody' : ' somebody';
      seen.push(`${socket.state} ${formatEndpoint(local)} → ${formatEndpoint(peer)}${owner}${rest}`);
    },
    new AbortController().signal,
  );
  assert.equal(whole, true);
  return seen.toSorted();
}

describe('a walk over all sockets', { skip }, () => {
  for (const source of sources)
    it(`${source.name}: those in the states that are asked for, each once, TIME_WAIT with its time`, async (context) => {
      const server = createServer({ allowHalfOpen: true }, (socket) => socket.on('end', () => socket.end()).resume());
      context.after(() => server.close());
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const { port } = server.address() as AddressInfo;
      const held = connect(port, '127.0.0.1');
      context.after(() => held.destroy());
      await once(held, 'connect');
      const ended = connect(port, '127.0.0.1');
      await once(ended, 'connect');
      const [a, b] = [held.localPort, ended.localPort];
      ended.resume().end();
      await once(ended, 'close');
      const here = `127.0.0.1:${port}`;
      const expected = [`time_wait 127.0.0.1:${b} → ${here} nobody for a minute`];
      for (let tries = 0; tries < 100 && (await glanced(source, ['time_wait'], port)).length === 0; tries++)
        await sleep(20);
      assert.deepEqual(await glanced(source, ['time_wait'], port), expected);
      assert.deepEqual(
        await glanced(source, ['established', 'listen'], port),
        [
          `established 127.0.0.1:${a} → ${here} somebody`,
          `established ${here} → 127.0.0.1:${a} somebody`,
          `listen ${here} → 0.0.0.0:0 somebody`,
        ].toSorted(),
      );
    });
});
