import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fixture, kernelNeeds, run } from './run.ts';

async function said(name: string): Promise<unknown[]> {
  const { code, stdout, stderr } = await run([fixture('untold.mjs'), name]);
  assert.deepEqual([code, stderr], [0, '']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

describe('connections that nobody wants to hear of', { skip: kernelNeeds, concurrency: 2 }, () => {
  it('come and gone → none is left', async () => assert.deepEqual(await said('come and gone'), [[]]));

  it('a connect() that nobody awaited → established when somebody asks, and gone with its socket', async () => {
    const [open, closed] = (await said('connected, and never awaited')) as [unknown[][], unknown[][]];
    assert.deepEqual(open.toSorted(), [
      ['client', 'established', true],
      ['server', 'established', true],
    ]);
    assert.deepEqual(
      closed.filter(([role]) => role === 'client'),
      [],
    );
  });

  it('connect() again while the first one goes on → none is left when the socket is gone', async () =>
    assert.deepEqual(await said('connect() again on the same socket'), [[]]));

  it('connect() again on a connection that stands, with an SDK → three handshakes and their ends, none lost', async () =>
    assert.deepEqual(await said('connect() again, with an SDK that wants to hear of it'), [{ told: 6, dropped: 0 }]));

  it('a socket that is used three times → none is left', async () =>
    assert.deepEqual(await said('one after the other on the same socket'), [[]]));

  it('refused → none is left', async () => assert.deepEqual(await said('refused'), [[]]));
});
