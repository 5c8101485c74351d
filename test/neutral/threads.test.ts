import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { everyWay, notLooking, same } from './twice.ts';

type Log = readonly (readonly unknown[])[];

describe('worker threads', { concurrency: 2 }, () => {
  const file = 'threads.mjs';

  it('work and end, or fail, with the same events, codes, listeners and resources', async () => {
    const { said } = await same(file, 'files', { ways: everyWay, env: notLooking });
    const last = (name: string) => (said(name)[0] as Log).at(-1);
    assert.deepEqual(last('a connection'), ['exit', 0]);
    assert.deepEqual(last('an exit code'), ['exit', 6]);
    assert.deepEqual(last('an error that nobody hears'), ['exit', 1]);
    assert.deepEqual((said('an error that nobody hears')[0] as Log)[1], ['error', 'ECONNREFUSED']);
    assert.deepEqual((said('thrown in connect')[0] as Log)[1], ['error', 'in the worker']);
  });

  it('with options of their own: execArgv, env, SHARE_ENV, stdout, resourceLimits, eval', async () => {
    const { said } = await same(file, 'options', { env: notLooking });
    for (const name of ['execArgv []', 'SHARE_ENV', 'env {}', 'stdout', 'resourceLimits', 'eval'])
      assert.deepEqual((said(name)[0] as Log).at(-1), ['exit', 0], name);
  });

  it('terminated, and unref()ed', async () => {
    const { said } = await same(file, 'terminated');
    assert.deepEqual(said('terminated'), [1]);
  });

  it('several at once, next to a BroadcastChannel of the application', async () => {
    const { said } = await same(file, 'many');
    assert.equal((said('all')[0] as unknown[]).length, 3);
    assert.deepEqual(said('heard'), [[]]);
  });
});
