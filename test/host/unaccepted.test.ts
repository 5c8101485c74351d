import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Observation, Row } from '../../src/connection/observation.ts';
import { Unaccepted } from '../../src/host/unaccepted.ts';
import { now } from '../../src/monotonic.ts';
import { Slices } from '../../src/sources/slices.ts';
import { endpoint, formatEndpoint } from '../../src/tcp/endpoint.ts';
import type { SocketIdentity } from '../../src/tcp/identity.ts';
import { row, socketId } from '../connection/observations.ts';
import { stayAlive } from '../stay-alive.ts';

/** In CLOSE_WAIT without a descriptor, at a listener on this port. */
function waiting(n: number, port = 8080): Row {
  const peer = endpoint('10.0.0.2', 50_000 + n);
  return row({ cookie: socketId(n).cookie, tuple: { local: endpoint('10.0.0.1', port), peer } }, 10, 'close_wait');
}

function placer(isOurs: (local: string) => boolean | undefined) {
  const [asked, adopted, reported, rejected] = [
    [] as string[],
    [] as SocketIdentity[],
    [] as Observation[],
    [] as Row[],
  ];
  const unaccepted = new Unaccepted({
    isOurListener: async (local) => {
      asked.push(formatEndpoint(local));
      return isOurs(formatEndpoint(local));
    },
    adopt: (id) => void adopted.push(id),
    report: (one) => void reported.push(one),
    settle: async () => {},
    reject: (one) => void rejected.push(one),
  });
  const look = (rows: readonly Row[]) => unaccepted.place(rows, new Slices(now));
  return { asked, adopted, reported, rejected, look };
}

describe('connections that nobody has accepted', () => {
  stayAlive();

  it('at a listener of ours, for two looks → adopted, and told of', async () => {
    const { adopted, reported, look } = placer(() => true);
    await look([waiting(1)]);
    assert.deepEqual(adopted, []);
    await look([waiting(1), waiting(2)]);
    assert.deepEqual([adopted, reported], [[waiting(1).id], [waiting(1)]]);
  });

  it('gone at the next look: accepted in time → nothing is asked', async () => {
    const { asked, look } = placer(() => true);
    await look([waiting(1)]);
    await look([]);
    await look([waiting(1)]);
    assert.deepEqual(asked, []);
  });

  it('at somebody else’s → nothing more is heard of them', async () => {
    const { adopted, rejected, look } = placer((local) => local === '10.0.0.1:8080');
    await look([waiting(1), waiting(2, 9090)]);
    await look([waiting(1), waiting(2, 9090)]);
    assert.deepEqual([adopted, rejected], [[waiting(1).id], [waiting(2, 9090)]]);
  });

  it('nobody knows whose listener it is → asked again at the next look', async () => {
    const { adopted, rejected, asked, look } = placer(() => undefined);
    for (let n = 0; n < 3; n++) await look([waiting(1)]);
    assert.deepEqual([adopted, rejected, asked.length], [[], [], 2]);
  });

  it('hundreds at one listener → it is asked about once', async () => {
    const rows = Array.from({ length: 300 }, (_, n) => waiting(n));
    const { asked, adopted, look } = placer(() => true);
    await look(rows);
    await look(rows);
    assert.deepEqual([asked, adopted.length], [['10.0.0.1:8080'], 300]);
  });

  it('with a descriptor, or not finished by the peer → not these', async () => {
    const { asked, look } = placer(() => true);
    const rows = [row(socketId(1), 10, 'close_wait'), { ...waiting(2), state: 'established' as const }];
    await look(rows);
    await look(rows);
    assert.deepEqual(asked, []);
  });
});
