import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { program, same } from './twice.ts';

describe('asynchronous context: every callback runs in its own', { concurrency: 3 }, () => {
  const file = 'context.mjs';

  it('AsyncLocalStorage: lookup, connect, data, timeout, end, close, on both sides, and refused', async () => {
    const { said } = await same(file, 'storage');
    const client = new Map(said('client')[0] as [string, string | null][]);
    assert.equal(client.get('callback'), 'looked up');
    assert.equal(client.get('data'), 'caller');
    assert.equal(client.get('timeout'), 'timer');
    assert.deepEqual(said('refused'), [
      [
        ['error', 'refused'],
        ['error of nobody', 'nobody'],
      ].filter(([name]) => name !== 'close'),
    ]);
  });

  it('AsyncLocalStorage: http requests on one connection, one of them queued, and fetch', async () => {
    const { said } = await same(file, 'requests');
    assert.ok((said('/2')[0] as string[][]).some(([where, store]) => where === 'response /2' && store === '/2'));
    assert.deepEqual(said('fetched'), [[['fetched', 'fetch']]]);
  });

  it('executionAsyncResource() and its ids', async () => {
    const { said } = await same(file, 'resources');
    const log = said('log')[0] as unknown[][];
    assert.ok(log.some(([where, resource]) => where === 'callback' && resource === 'TCPConnectWrap'));
  });

  it('domains: an error of connect(), and one that is thrown in it', async () => {
    const { said, code } = await same(file, 'domains');
    assert.equal(code, 4);
    const [[log]] = said('log') as [[unknown[][]]];
    assert.deepEqual(
      log.map(([what]) => what),
      ['ECONNREFUSED', 'connected', 'thrown in connect'],
    );
  });
});

describe('telemetry of the application is its own', { concurrency: 2 }, () => {
  for (const [preload, file, name] of [
    ['api.mjs', 'context.mjs', 'requests'],
    ['api.mjs', 'events.cjs', 'turns'],
    ['sdk.mjs', 'context.mjs', 'requests'],
    ['sdk.mjs', 'resources.cjs', 'burst'],
  ] as const)
    it(`${preload}: ${file}, ${name}`, async () => {
      const { code, stdout } = await same(file, name, {
        before: ['--import', program(preload)],
        ways: ['import'],
      });
      assert.equal(code, 0);
      assert.notEqual(stdout, '');
    });
});
