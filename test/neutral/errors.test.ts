import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { onTheWay, same } from './twice.ts';

const file = 'errors.mjs';

/** How each of them ends, and what it says of it. */
const ends: Readonly<
  Record<string, { readonly code: number | null; readonly says?: RegExp; readonly onTheWay?: boolean }>
> = {
  refused: { code: 1, says: /ECONNREFUSED[\s\S]*afterConnect \[as oncomplete\]/ },
  'refused, new net.Socket()': { code: 1, says: /ECONNREFUSED/ },
  'refused by two addresses': { code: 1, says: /AggregateError \[ECONNREFUSED\]/, onTheWay: true },
  'refused, and heard': { code: 0 },
  'no such name': { code: 1, says: /no nobody\.invalid/, onTheWay: true },
  'thrown in connect': { code: 1, says: /TypeError: in the listener of connect/ },
  'thrown in connection': { code: 1, says: /RangeError: in the listener of connection/ },
  'thrown in data': { code: 1, says: /in the listener of data/ },
  'thrown in close': { code: 1, says: /in the listener of close/ },
  'thrown in lookup': { code: 1, says: /in the lookup/, onTheWay: true },
  'rejected after connect': { code: 1, says: /that nobody handles/ },
  'destroyed with an error': { code: 1, says: /of the application/ },
  'caught in the end': { code: 0 },
  'an exit code of its own': { code: 7 },
  'process.exit() in close': { code: 5 },
  'a signal': { code: null },
  'a signal that is heard': { code: 0 },
  'never settled': { code: 13, says: /^$|unsettled top-level await/ },
  'written after the end': { code: 1, says: /write after end/ },
  'reset by the peer': { code: 1, says: /read ECONNRESET/ },
};

describe('errors and exit codes: as without the hook', { concurrency: 3 }, () => {
  for (const [name, { code, says, onTheWay: shows }] of Object.entries(ends))
    it(`${name} → ${code ?? 'the signal'}`, async () => {
      const ended = await same(file, name, shows ? { but: onTheWay } : {});
      assert.equal(ended.code, code, ended.stderr);
      assert.equal(ended.signal, code === null ? 'SIGTERM' : null);
      if (says) assert.match(ended.stderr, says);
      else assert.equal(ended.stderr, '');
    });

  it('an error is the same, with all that is on it, and comes to the same listener', async () => {
    const { said } = await same(file, 'refused, and heard');
    const [error] = said('error') as { code: string; port: number }[];
    assert.deepEqual([error?.code, error?.port], ['ECONNREFUSED', 0]);
    assert.deepEqual(said('close'), [true]);
    const { said: alsoSaid } = await same(file, 'caught in the end');
    assert.deepEqual(alsoSaid('monitor'), [
      ['ECONNREFUSED', 'uncaughtException'],
      ['undefined', 'uncaughtException'],
    ]);
  });

  it('wrong arguments are refused with the same error, at once or later', async () => {
    const { said } = await same(file, 'wrong arguments');
    const codeOf = (name: string) => (said(name)[0] as [{ code?: string }])[0].code;
    assert.equal(codeOf('no port'), 'ERR_MISSING_ARGS');
    assert.equal(codeOf('port 99999'), 'ERR_SOCKET_BAD_PORT');
    assert.equal(codeOf('a symbol for a port'), 'ERR_INVALID_ARG_TYPE');
  });
});
