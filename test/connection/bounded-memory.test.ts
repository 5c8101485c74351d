import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SocketIdentity } from '../../src/tcp/identity.ts';
import { closed, connected, connecting, row, socketId } from './observations.ts';
import { watch } from './watch.ts';

const limits = { maxConnections: 3, maxReleased: 2 };

/** With a cookie a closed connection could be recognised by that alone; without, it has to be held on to. */
function withoutCookie(n: number): SocketIdentity {
  const { inode, tuple } = socketId(n);
  return { inode, tuple };
}

describe('maxConnections', () => {
  it('one too many → the oldest is evicted, and counted', () => {
    const { tracker, tell, events } = watch(limits);
    for (const n of [1, 2, 3]) tell(connecting(n, n), connected(n, n));
    assert.deepEqual(tell(connecting(4, 4)), ['forgotten evicted', 'handshake_started @4']);
    assert.equal(events.find(({ kind }) => kind === 'forgotten')?.connection.ref, 1);
    assert.deepEqual([tracker.counts().connections, tracker.counts().evicted], [3, 1]);
    assert.equal(tracker.get(1), undefined);
  });

  it('a released one goes before an open one', () => {
    const { tracker, tell, events } = watch(limits);
    for (const n of [1, 2, 3]) tell(connecting(n, n, { id: withoutCookie(n) }), connected(n, n));
    tell(closed(3, 3.5), connecting(4, 4));
    assert.equal(events.find(({ kind }) => kind === 'forgotten')?.connection.ref, 3);
    assert.ok(tracker.get(1) && tracker.get(2) && tracker.get(4));
  });

  it('of an evicted one nothing more is told', () => {
    const { tracker, tell } = watch(limits);
    for (const n of [1, 2, 3, 4]) tell(connecting(n, n), connected(n, n));
    assert.deepEqual(tell(closed(1, 5)), []);
    tell(row(socketId(1), 6, 'close_wait'));
    assert.equal(tracker.takeStrangers().length, 1);
    assert.equal(tracker.suspects().size, 0);
  });

  it('ten thousand connections, never closed → three', () => {
    const { tracker } = watch(limits);
    for (let n = 0; n < 10_000; n++) tracker.observe(connecting(n, n));
    assert.deepEqual([tracker.counts().connections, tracker.counts().evicted], [3, 9997]);
    assert.equal([...tracker.connections()].length, 3);
  });
});

describe('maxReleased', () => {
  it('one too many → the one released first is forgotten, the open ones stay', () => {
    const { tracker, tell, events } = watch({ maxConnections: 10, maxReleased: 2 });
    for (const n of [1, 2, 3, 4]) tell(connecting(n, n, { id: withoutCookie(n) }), connected(n, n));
    tell(closed(2, 5), closed(1, 6));
    assert.equal(tell(closed(3, 7)).at(-1), 'forgotten evicted');
    assert.equal(tracker.counts().evicted, 1);
    assert.equal(events.at(-1)?.connection.ref, 2);
    assert.deepEqual([tracker.counts().connections, tracker.counts().released], [3, 2]);
    assert.equal(tracker.get(4)?.phase, 'open');
  });

  it('holds for those that a row shows in time_wait, too', () => {
    const { tracker, tell } = watch({ maxConnections: 10, maxReleased: 2 });
    for (const n of [1, 2, 3, 4]) tell(connecting(n, n), connected(n, n));
    for (const n of [1, 2, 3, 4]) tell(row(socketId(n), 10 + n, 'time_wait', { expiresMs: 60_000 }));
    assert.equal(tracker.counts().released, 2);
  });
});

describe('advance()', () => {
  it('to a moment does what is due by then, the earliest first and not the first to be noted', () => {
    const { tell, advance } = watch();
    for (const n of [1, 2]) tell(connecting(n, n, { id: withoutCookie(n) }), connected(n, n), closed(n, 10 + n));
    tell(row({ tuple: socketId(2).tuple }, 15, 'time_wait', { expiresMs: 50_000 }));
    assert.deepEqual(advance(64), []);
    assert.equal(advance(65).length, 2);
    assert.equal(advance(611).length, 1);
  });

  it('before that does nothing, however often', () => {
    const { tell, advance } = watch();
    tell(connecting(1, 1, { id: withoutCookie(1) }), connected(1, 2), closed(1, 10));
    assert.deepEqual([...advance(11), ...advance(11), ...advance(609)], []);
  });
});
