import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { same } from './twice.ts';

describe('bytes on their way', { concurrency: 3 }, () => {
  const file = 'flow.mjs';

  it('three megabytes there and back, unchanged', async () => {
    const { said } = await same(file, 'large');
    const [[whole, back, sent]] = said('echoed') as [unknown[]];
    assert.deepEqual([whole, back], [true, sent]);
  });

  it('back pressure: full, paused, drained', async () => {
    const { said } = await same(file, 'back pressure');
    assert.deepEqual(said('full'), [[true, true, 0]]);
    assert.deepEqual(said('paused'), [[true, true, true]]);
    assert.deepEqual(said('drained'), [[0, false]]);
  });

  it('onread: into a buffer of the application', async () => {
    const { said } = await same(file, 'onread');
    assert.deepEqual(said('heard'), [['hello, world', 12, 0]]);
  });

  it('pause(), resume(), unshift(), cork(), finished()', async () => {
    const { said } = await same(file, 'readers');
    assert.deepEqual(said('rest'), ['and two three four']);
    assert.deepEqual(said('finished'), ['finished']);
  });

  it('pipeline() and web streams', async () => {
    const { said } = await same(file, 'transformed');
    assert.equal((said('heard')[0] as unknown[])[0], 'SHOUT');
    assert.equal((said('web')[0] as unknown[])[0], 'to the web');
  });

  it('a leak that is found and told of stays as the application left it', async () => {
    const { said } = await same(file, 'leaks');
    assert.deepEqual((said('leak')[0] as unknown[])[0], false, 'paused');
    assert.deepEqual(said('heard in the end'), ['never read']);
    assert.deepEqual(said('asked'), [[]], 'of its listeners');
  });
});
