import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { same } from './twice.ts';

type Property = readonly [key: string, made: unknown, ...rest: unknown[]];

describe('methods: what is wrapped looks and acts as what it stands for', { concurrency: 3 }, () => {
  const file = 'methods.cjs';

  it('prototypes and modules: keys, their order, descriptors; names, lengths and keys of functions', async () => {
    const { said } = await same(file, 'prototypes', { ways: ['import', 'require'] });
    const [socket] = said('net.Socket') as Property[][];
    const connect = socket?.find(([key]) => key === 'connect')?.[1] as unknown[];
    assert.deepEqual(connect.slice(0, 4), ['', 0, ['length', 'name', 'prototype'], true]);
    const [handle] = said('TCP') as Property[][];
    const native = handle?.find(([key]) => key === 'connect')?.[1] as unknown[];
    assert.deepEqual(native.slice(0, 4), ['connect', 0, ['length', 'name'], false]);
    assert.ok(!(said('Object.keys')[0] as string[]).includes('_undestroy'), "it is its parent's");
  });

  it('called on what is no socket: the same TypeError, and nothing said', async () => {
    const { said, stderr } = await same(file, 'weird receivers');
    assert.equal((said('connect of undefined')[0] as string[])[0], 'TypeError');
    assert.deepEqual(said('proxy'), [true]);
    assert.equal(stderr, '');
  });

  it("options: an application's accessors, proxies and conversions are asked as often as Node asks them", async () => {
    const { said } = await same(file, 'options');
    assert.equal((said('accessors')[0] as string[])[0], 'port');
    assert.ok((said('traps')[0] as unknown[]).length > 10);
    for (const [code, converted] of said('a port that is an object') as [string, number][])
      assert.deepEqual([code, converted], ['ERR_INVALID_ARG_TYPE', 0]);
    assert.deepEqual(said('an accessor that throws'), ['of the accessor']);
  });

  it('an application that wraps them too sees its own calls, and can take its functions away again', async () => {
    const { said } = await same(file, 'patched');
    assert.ok((said('seen')[0] as string[]).includes('connect'));
    assert.deepEqual((said('taken away')[0] as unknown[])[0], []);
    assert.deepEqual(said('of one socket'), [['own connect 2', 'error']]);
  });
});
