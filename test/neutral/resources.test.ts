import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { everyWay, notLooking, same } from './twice.ts';

describe('what keeps a process alive, and how it ends', { concurrency: 3 }, () => {
  const file = 'resources.cjs';

  /** Once each. What is left is one of Node's: it opens `process.stderr` where it closes a socket. */
  const endings = (ended: readonly unknown[]) => (ended[0] as unknown[]).slice(0, -1);
  const once = [
    ['beforeExit', 0],
    ['exit', 0],
  ];

  it('active resources, handles and requests, from the first server to the last socket', async () => {
    const { said } = await same(file, 'active', { ways: everyWay, env: notLooking });
    assert.deepEqual(said('read'), [
      [['TCPServerWrap', 'TCPSocketWrap', 'TCPSocketWrap'], ['Server', 'Socket', 'Socket'], []],
    ]);
    assert.deepEqual((said('listening')[0] as unknown[])[0], ['TCPServerWrap']);
    assert.deepEqual(endings(said('ended')), once);
  });

  it('active resources while the kernel is looked at, and a leak is found', async () => {
    const { said } = await same(file, 'looked at');
    assert.match(JSON.stringify(said('seen')), /TCPSocketWrap/);
  });

  it('nothing to do → it ends', async () => {
    const { said } = await same(file, 'nothing to do', { ways: everyWay });
    assert.deepEqual(endings(said('ended')), once);
  });

  it('only what is unref()ed → it ends', async () => {
    const { said } = await same(file, 'unref()ed', { env: notLooking });
    assert.deepEqual(said('hasRef'), [[false, false, false]]);
    assert.deepEqual(endings(said('ended')), once);
  });

  it('an idle connection in a pool → it ends', async () => {
    const { said } = await same(file, 'an idle agent', { env: notLooking });
    assert.deepEqual(endings(said('ended')), once);
  });

  it('a burst of connections that are all closed → it ends', async () => {
    const { said } = await same(file, 'burst');
    assert.equal((said('closed')[0] as unknown[])[1], 0);
    assert.deepEqual(endings(said('ended')), once);
  });

  it('beforeExit that finds work to do, twice → three times, and exit once', async () => {
    const { said } = await same(file, 'called back to life');
    assert.deepEqual(endings(said('ended')), [once[0], once[0], ...once]);
  });

  it('async_hooks count as many resources of the network, and as many callbacks of them', async () => {
    const { said } = await same(file, 'async hooks');
    const [counts] = said('counts') as { init: Record<string, number>; before: Record<string, number> }[];
    assert.equal(counts?.init.TCPCONNECTWRAP, 4);
    assert.equal(counts?.before.TCPCONNECTWRAP, 4);
  });

  it('a clock of the application is its own', async () => {
    const { said } = await same('clocks.cjs', '');
    assert.deepEqual(said('calls'), [{ setTimeout: 1 }]);
  });

  it('environment, arguments, standard streams, globals and the main module', async () => {
    const { said } = await same(file, 'surroundings', { ways: everyWay, env: notLooking });
    assert.deepEqual(said('the same'), [true]);
    assert.deepEqual((said('process')[0] as unknown[])[0], ['function', 'function', 'function'], 'nobody opened them');
    assert.equal(said('nothing of stdio').length, 1);
  });
});
