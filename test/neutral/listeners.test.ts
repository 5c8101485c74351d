import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { same } from './twice.ts';

describe('listeners: an application sees its own and those of Node', { concurrency: 3 }, () => {
  const file = 'listeners.cjs';

  it('on sockets, servers, requests, answers, agents and the process', async () => {
    const { said } = await same(file, 'counts', { ways: ['import', 'require'] });
    assert.deepEqual(said('client')[0], [['end', 1]]);
    assert.equal(said('request').length, 1);
    assert.equal(said('idle').length, 1);
  });

  it('ten of an event are allowed, eleven are warned of', async () => {
    const { said, stderr } = await same(file, 'most', { ways: ['import', 'require'] });
    for (const name of ['connect', 'ready', 'lookup', 'readable', 'close', 'error', 'timeout', 'drain', 'finish'])
      assert.deepEqual(said(name), [{ own: 0, atTen: 0, atEleven: [['MaxListenersExceededWarning', name, 11]] }]);
    assert.deepEqual(said('server and signal'), [[]]);
    assert.match(stderr, /MaxListenersExceededWarning.*11 close listeners/);
  });

  it('removeAllListeners() removes nothing of anybody else', async () => {
    const { said } = await same(file, 'all removed');
    assert.deepEqual(said('after'), [[], [], []]);
    assert.deepEqual(said('close'), [true]);
  });

  it('a reader that comes late finds all bytes, and a stream that nobody has read', async () => {
    const { said } = await same(file, 'late readers');
    for (const how of ['data', 'readable', 'iterator', 'pipe']) {
      const [seen] = said(how) as { readableFlowing: unknown; heard: string }[];
      assert.equal(seen?.heard, 'hello, world', how);
      assert.equal(seen?.readableFlowing, null, how);
    }
  });

  it('an address that nobody has asked for in time is gone', async () => {
    const { said } = await same(file, 'addresses');
    assert.equal(said('after the close').length, 4);
    assert.deepEqual((said('after the close')[0] as unknown[])[0], 'undefined');
  });
});
