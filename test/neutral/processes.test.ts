import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { everyWay, notLooking, same } from './twice.ts';

describe('processes and clusters', { concurrency: 2 }, () => {
  const file = 'processes.mjs';

  it('a forked child ends when it is disconnected', async () => {
    const { said } = await same(file, 'a forked child', { ways: everyWay, env: notLooking });
    assert.deepEqual((said('child')[0] as unknown[][])[0]?.slice(0, 2), ['message', 'done']);
  });

  it('a node that is spawned, or run with spawnSync(): output and exit code', async () => {
    const { said } = await same(file, 'a spawned node', { ways: ['import', 'NODE_OPTIONS'] });
    assert.deepEqual(said('child'), [[8, null, { stdout: '', stderr: '' }]]);
    assert.deepEqual(said('spawnSync'), [[9, '']]);
  });

  it('a socket that is sent to another process lives on there', async () => {
    const { said } = await same(file, 'a socket that is sent');
    assert.deepEqual(said('heard'), ['hello, world']);
    assert.deepEqual(said('receiver'), [[0, null]]);
  });

  it('a server that is sent to another process serves there', async () => {
    const { said } = await same(file, 'a server that is sent');
    assert.deepEqual(said('served'), ['from the child'.length]);
  });

  for (const name of ['round robin', 'no schedule'])
    it(`a cluster, ${name}: listens, answers, disconnects, exits`, async () => {
      const { said } = await same(file, name);
      assert.deepEqual(said('answers'), [[200, 200, 200, 200]]);
      assert.equal((said('log')[0] as string[]).filter((what) => what === 'exit 0 null').length, 2);
    });

  it("a cluster's worker that dies of an error", async () => {
    const { said, stderr } = await same(file, 'a worker that dies');
    assert.deepEqual(said('died'), [[1, null, false]]);
    assert.match(stderr, /Error: in the worker/);
  });
});
