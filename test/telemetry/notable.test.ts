import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Lifecycle, newLifecycle } from '../../src/connection/lifecycle.ts';
import { instant } from '../../src/tcp/identity.ts';
import type { TcpInfo } from '../../src/tcp/tcp-info.ts';
import { isNotable } from '../../src/telemetry/notable.ts';

const at = (ms: number) => ({ at: instant(ms * 1000), inferred: false });

/** Established in a millisecond, closed in order in another one. */
function healthy(change: Partial<Lifecycle> = {}): Lifecycle {
  const id = { cookie: undefined, inode: undefined, tuple: undefined };
  const made = newLifecycle(1, id, instant(0), 'sock_diag', 'established');
  return Object.assign(
    made,
    {
      syn: at(0),
      established: at(1),
      finSent: at(100),
      endedAt: instant(101_000),
      closeType: 'fin',
      synRetransmits: 0,
    },
    change,
  );
}

const retransmits = (count: number) => ({ totalRetransmits: count }) as TcpInfo;

describe('what is worth a span under `spans: notable`', () => {
  for (const [what, change, notable] of [
    ['a healthy one', {}, false],
    ['nothing known of retransmits', { synRetransmits: undefined, info: undefined }, false],
    ['refused', { error: 'ECONNREFUSED', established: undefined }, true],
    ['ended with an error', { error: 'ECONNRESET' }, true],
    ['the SYN was sent again', { synRetransmits: 1 }, true],
    ['data was sent again', { info: retransmits(1) }, true],
    ['nothing was sent again', { info: retransmits(0) }, false],
    ['a RST', { closeType: 'rst' }, true],
    ['timed out', { closeType: 'timeout' }, true],
    ['aborted', { closeType: 'abort' }, true],
    ['a handshake of 500 ms', { established: at(500) }, false],
    ['a handshake of more', { established: at(500.001) }, true],
    ['a goodbye of 5 s', { endedAt: instant(5_100_000) }, false],
    ['a goodbye of more', { endedAt: instant(5_100_001) }, true],
    ['still open', { finSent: undefined, endedAt: undefined, closeType: undefined }, false],
    ['the peer finished first, long ago', { finReceived: at(2), finSent: at(9000), endedAt: instant(9e6) }, true],
  ] as const satisfies readonly (readonly [string, Partial<Lifecycle>, boolean])[])
    it(`${what} → ${notable ? 'notable' : 'not notable'}`, () => assert.equal(isNotable(healthy(change)), notable));
});
