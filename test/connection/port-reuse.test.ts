import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { endpoint } from '../../src/tcp/endpoint.ts';
import { closed, connected, connecting, row, socketId, tcpInfo } from './observations.ts';
import { type Watch, watch } from './watch.ts';

const { tuple } = socketId(1);
const first = socketId(1);
/** The same four-tuple, later, of another socket. */
const second = { ...socketId(2), tuple };

/** The first is in TIME_WAIT, seen by a row, when the second connects from the same port. */
function reused(): Watch {
  const it = watch();
  it.tell(connecting(1, 9.99), connected(1, 10), closed(1, 20, { info: tcpInfo('established') }));
  it.tell(row({ cookie: first.cookie, tuple }, 21, 'time_wait', { expiresMs: 59_000 }));
  it.tell(connecting(2, 30, { id: second }), connected(2, 30.01));
  return it;
}

describe('the same four-tuple, a new cookie', () => {
  it('is another connection', () => {
    const { tracker } = reused();
    assert.equal(tracker.get(2)?.id.cookie, second.cookie);
    assert.equal(tracker.get(2)?.state, 'established');
  });

  it('ends the TIME_WAIT that had the four-tuple: the kernel has let go of it', () => {
    const { tracker, events } = reused();
    assert.equal(tracker.counts().connections, 1);
    assert.ok(events.some((event) => event.kind === 'forgotten' && event.connection.id.cookie === first.cookie));
  });

  it('a row without a cookie is about the one that has the four-tuple now', () => {
    const { tracker, tell } = reused();
    tell(row({ tuple }, 40, 'close_wait', { source: 'procfs' }));
    assert.equal(tracker.get(2)?.state, 'close_wait');
  });

  it('a row with the old cookie says nothing of the new connection', () => {
    const { tracker, tell } = reused();
    tell(row({ cookie: first.cookie, tuple }, 40, 'time_wait'));
    assert.equal(tracker.get(2)?.state, 'established');
  });

  it('the end of the old one leaves the new one findable', () => {
    const { tracker, tell, advance } = reused();
    advance(700);
    tell(row({ tuple }, 701, 'close_wait', { source: 'procfs' }));
    assert.equal(tracker.get(2)?.state, 'close_wait');
  });
});

it('the same four-tuple where no cookie is known: the earlier one is over', () => {
  const { tracker, tell } = watch();
  tell(connecting(1, 9.99, { id: { tuple } }), connected(1, 10), closed(1, 20));
  assert.deepEqual(tell(connecting(2, 30, { id: { tuple } })), ['forgotten over', 'handshake_started @30']);
  assert.equal(tracker.counts().connections, 1);
});

it('a four-tuple that was only asked for is let go of with the rest: nobody is forgotten twice', () => {
  const { tell, advance } = watch();
  const asked = { tuple: { local: endpoint('10.0.0.1', 40_001), peer: endpoint('0.0.0.0', 80) } };
  const chosen = { tuple: { local: endpoint('10.0.0.1', 40_001), peer: endpoint('127.0.0.1', 80) } };
  tell(connecting(1, 9.99, { id: asked }), connected(1, 10, { id: chosen }), closed(1, 20));
  assert.deepEqual(advance(700), ['forgotten over']);
  assert.deepEqual(tell(connecting(2, 701, { id: asked })), ['handshake_started @701']);
});
