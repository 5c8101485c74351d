import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { same } from './twice.ts';

describe('TLS, HTTP/2 and fetch', { concurrency: 3 }, () => {
  const file = 'web.mjs';

  it('TLS: on its own, over a socket, over a stream; untrusted, refused, no handshake', async () => {
    const { said } = await same(file, 'tls', { ways: ['import', 'require'] });
    for (const way of ['tls.connect', 'over a socket', 'over a stream']) {
      const [[open]] = said(way) as [[unknown[]]];
      assert.deepEqual(open.slice(0, 2), [true, true], way);
    }
    assert.equal((said('untrusted')[0] as { code: string }).code, 'DEPTH_ZERO_SELF_SIGNED_CERT');
    assert.deepEqual((said('refused')[0] as unknown[])[0], ['error', 'ECONNREFUSED']);
  });

  it('HTTPS with a pool', async () => {
    const { said } = await same(file, 'https');
    const [texts] = said('texts') as unknown[][][];
    assert.deepEqual(
      texts?.map((text) => text.slice(0, 2)),
      [
        ['/1', false],
        ['/2', true],
      ],
    );
  });

  it('HTTP/2, in clear and encrypted, and HTTP/1 at the same door', async () => {
    const { said } = await same(file, 'http2');
    assert.deepEqual(said('text'), [
      ['/1', 0],
      ['/2', 0],
    ]);
    assert.deepEqual(said('secure'), [['2.0', 'h2']]);
    assert.deepEqual(said('old'), ['1.1']);
  });

  it('fetch: answers, bodies, headers, errors', async () => {
    const { said } = await same(file, 'fetch');
    assert.deepEqual(said('post'), ['hello']);
    assert.deepEqual((said('nobody')[0] as unknown[])[2], 'ECONNREFUSED');
    assert.equal((said('heard')[0] as unknown[]).length, 3);
  });
});
