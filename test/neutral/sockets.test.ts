import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { same } from './twice.ts';

describe('sockets: what is seen of them', { concurrency: 3 }, () => {
  const file = 'sockets.mjs';

  it('own keys, descriptors, util.inspect and states: new, connecting, connected, accepted, read, closed', async () => {
    const { said } = await same(file, 'of net', { ways: ['import', 'require'] });
    const [state] = said('connecting: state') as unknown[][];
    assert.deepEqual(state?.slice(0, 3), ['opening', true, true]);
    for (const when of ['new', 'server', 'connecting', 'connected', 'accepted', 'read', 'closed']) {
      const [[shape, , text]] = said(when) as [[unknown[], string[], string]];
      assert.ok(shape.length > 5, when);
      assert.match(text, /^(<ref \*1> )?(Socket|Server) \{/);
    }
    assert.equal(said('connected: handle').length, 1);
  });

  it('of TLS sockets and their handles', async () => {
    const { said } = await same(file, 'of tls');
    assert.match(JSON.stringify(said('client')), /_tlsOptions/);
    assert.match(JSON.stringify(said('handles')), /_parent/);
  });

  it('of sockets with a path', async () => {
    const { said } = await same(file, 'of a path');
    assert.equal(said('serving').length, 1);
  });

  it('a subclass is asked for each step of its life as often as ever', async () => {
    const { said } = await same(file, 'subclass');
    const [calls] = said('calls') as unknown[][];
    assert.deepEqual(calls?.slice(0, 3), [
      ['_undestroy', false],
      ['connect', 1, true],
      ['_undestroy', false],
    ]);
    assert.deepEqual(said('the old way'), [true]);
  });
});
