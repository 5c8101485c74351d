import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { everyWay, same } from './twice.ts';

describe('events: the same, in the same order, with the same arguments', { concurrency: 3 }, () => {
  const file = 'events.cjs';

  it('lookup, connect, ready, end, finish, close; the callbacks of connect(), end() and close()', async () => {
    const { said } = await same(file, 'a connection', { ways: everyWay });
    const names = (said('client')[0] as string[][]).map(([name]) => name);
    assert.deepEqual(names.slice(0, 4), ['lookup', 'connectionAttempt', 'connect', 'ready']);
    assert.deepEqual(said('called'), [['returned', 'callback']]);
    assert.deepEqual(said('server'), [
      [['listening'], ['connection', 'Socket'], ['close'], ['callback of close', 'undefined']],
    ]);
  });

  it('ticks, microtasks and immediates around connect(), and around its refusal', async () => {
    const { said } = await same(file, 'turns');
    const log = said('turns')[0] as string[];
    assert.ok(log.indexOf('callback') < log.indexOf('callback: tick'));
    assert.ok(log.indexOf('ready') < log.indexOf('callback: tick'), 'no turn was put in between');
    assert.deepEqual((said('turns, refused')[0] as string[])[0], 'error');
  });

  it('happy eyeballs: each attempt, and the one that failed', async () => {
    const { said } = await same(file, 'happy eyeballs');
    const log = said('client')[0] as unknown[][];
    assert.ok(log.some(([name, , , , code]) => name === 'connectionAttemptFailed' && code === 'ECONNREFUSED'));
    assert.deepEqual(said('attempted'), [['127.0.0.2:0', '127.0.0.1:0']]);
  });

  it('every ending: end(), destroy(), destroySoon(), resetAndDestroy(), and what the other side sees', async () => {
    const { said } = await same(file, 'endings');
    const [reset] = said('resetAndDestroy()') as { serving: unknown[] }[];
    assert.deepEqual(reset?.serving, [
      ['error', 'ECONNRESET'],
      ['close', true],
    ]);
    assert.equal(said('destroySoon()').length, 1);
  });

  it('allowHalfOpen: open until it is ended', async () => {
    const { said } = await same(file, 'half open');
    assert.deepEqual(said('after the FIN'), [[true, 'writeOnly', false, [['end']]]]);
  });

  it('setTimeout(): heard once, and destroys nothing', async () => {
    const { said } = await same(file, 'timeouts');
    assert.deepEqual(said('timed out'), [[[['timeout'], ['callback']], false, 30]]);
    assert.deepEqual(said('without a listener'), [[false, 30]]);
  });

  it('an AbortSignal, of connect() and of listen()', async () => {
    const { said } = await same(file, 'signals');
    for (const when of ['aborted before', 'aborted while connecting'])
      assert.equal((said(when)[0] as [{ code: string }])[0].code, 'ABORT_ERR');
  });

  it("maxConnections: 'drop', and the number of connections", async () => {
    const { said } = await same(file, 'too many');
    assert.equal((said('dropped')[0] as [unknown[]])[0].length, 1);
    assert.deepEqual(said('counted'), [[null, 1]]);
  });

  it('the same object connects three times', async () => {
    const { said } = await same(file, 'again');
    assert.equal((said('client')[0] as string[][]).filter(([name]) => name === 'connect').length, 3);
    assert.deepEqual(said('destroyed while connecting'), [[['close', false]]]);
  });
});
