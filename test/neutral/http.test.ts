import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { same } from './twice.ts';

describe('node:http', { concurrency: 3 }, () => {
  const file = 'http.cjs';

  it('what a server does that nobody listens to: 400, 431, 408, timeouts, upgrades, CONNECT, 100', async () => {
    const { said } = await same(file, 'defaults', { ways: ['import', 'require'] });
    assert.match(String(said('clientError')), /^HTTP\/1\.1 400 /);
    assert.match(String(said('too large')), /^HTTP\/1\.1 431 /);
    assert.match(String(said('headersTimeout')), /^HTTP\/1\.1 408 /);
    assert.match(String(said('upgrade')), /GET \/up mine/, 'answered as any other request');
    assert.deepEqual(said('connect'), [''], 'hung up');
    assert.deepEqual(said('timeout'), [''], 'hung up');
    for (const seen of said('consumed'))
      assert.deepEqual((seen as unknown[]).slice(0, 2), [true, true], "the parser's");
  });

  it('what it does when somebody listens: clientError, upgrade, connect, timeout', async () => {
    const { said } = await same(file, 'heard events');
    const names = (said('log')[0] as string[][]).map(([name]) => name);
    assert.deepEqual(names, ['clientError', 'connect', 'upgrade', 'timeout']);
    assert.equal((said('upgraded')[0] as unknown[])[0], 101);
  });

  it('an answer that nobody listens for is read, and its connection used again', async () => {
    const { said } = await same(file, 'not listened for');
    assert.deepEqual(said('free'), [[1]]);
    assert.deepEqual(said('again'), [true]);
  });

  it('pools: queues, sockets used again, agents with connections or classes of their own', async () => {
    const { said } = await same(file, 'pools');
    assert.deepEqual(said('same socket'), [true]);
    assert.deepEqual(said('addRequest'), [[2, true, 'object']]);
    for (const name of ['createConnection', 'createConnection, later', 'subclass', 'no agent'])
      assert.deepEqual(said(name), ['/'], name);
  });

  it('failures: hung up, half an answer, a timeout, nobody there, aborted', async () => {
    const { said } = await same(file, 'failures');
    for (const [name, code] of [
      ['/hang up', 'ECONNRESET'],
      ['/half', 'ECONNRESET'],
      ['/never', 'ECONNRESET'],
    ] as const)
      assert.ok(
        (said(name)[0] as string[][]).some(([event, error]) => event === 'error' && error === code),
        name,
      );
    assert.match(JSON.stringify(said('refused')), /ECONNREFUSED/);
  });

  it('close() and closeIdleConnections(), in their order', async () => {
    const { said } = await same(file, 'endings');
    assert.deepEqual(said('server'), [[['close'], ['callback']]]);
    assert.deepEqual(said('pool'), [[0, 0]]);
  });
});
