import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TcpState } from '../../src/tcp/state.ts';
import { adopted, connected, connecting, look, row, socketId, sweepEnd } from './observations.ts';
import { watch } from './watch.ts';

describe('rows of nobody', () => {
  it('are handed over, once: someone may find out whose they are', () => {
    const { tracker, tell } = watch();
    const stranger = row(socketId(7), 20, 'close_wait');
    assert.deepEqual(tell(stranger), []);
    assert.deepEqual(tracker.takeStrangers(), [stranger]);
    assert.deepEqual(tracker.takeStrangers(), []);
    assert.equal(tracker.counts().connections, 0);
  });

  it('the same socket twice → the later row', () => {
    const { tracker, tell } = watch();
    const later = row(socketId(7), 25, 'close_wait', { receiveQueue: 1 });
    tell(row(socketId(7), 20, 'established'), later);
    assert.deepEqual(tracker.takeStrangers(), [later]);
  });

  it('are told apart by cookie, else inode, else four-tuple', () => {
    const { tracker, tell } = watch();
    const [one, two] = [socketId(7), socketId(8)];
    const { cookie, inode, tuple } = one;
    tell(row({ cookie, tuple }, 20, 'close_wait'), row({ cookie: two.cookie, tuple }, 20, 'close_wait'));
    tell(row({ inode, tuple }, 20, 'close_wait'), row({ inode: two.inode, tuple }, 20, 'close_wait'));
    tell(row({ tuple }, 20, 'close_wait'), row({ tuple: two.tuple }, 20, 'close_wait'));
    assert.equal(tracker.takeStrangers().length, 6);
  });

  it('one whose cookie contradicts the connection that had its inode and four-tuple is a stranger', () => {
    const { tracker, tell } = watch();
    tell(connecting(1, 9.99), connected(1, 10));
    tell(row({ ...socketId(1), cookie: socketId(2).cookie }, 20, 'close_wait'));
    assert.equal(tracker.takeStrangers().length, 1);
    assert.equal(tracker.get(1)?.state, 'established');
  });

  it('an adopted one is no stranger any more', () => {
    const { tracker, tell } = watch();
    tell(row(socketId(1), 20, 'close_wait'));
    tracker.takeStrangers();
    tell(adopted(1, 21, { inJavaScript: false }), row(socketId(1), 25, 'close_wait'));
    assert.equal(tracker.takeStrangers().length, 0);
  });

  it('a look at a descriptor that was closed meanwhile is about nobody, and no stranger', () => {
    const { tracker, tell } = watch();
    tell(look(5, 20, 'established'));
    assert.equal(tracker.takeStrangers().length, 0);
  });

  it('are bounded: 16,384 wait, the rest are dropped and counted', () => {
    const { tracker, tell } = watch();
    for (let n = 0; n < 16_390; n++) tell(row(socketId(n), 20, 'close_wait'));
    assert.equal(tracker.counts().strangersDropped, 6);
    // One that waits already is brought up to date.
    tell(row(socketId(0), 21, 'last_ack'));
    assert.equal(tracker.counts().strangersDropped, 6);
    const rows = tracker.takeStrangers();
    assert.equal(rows.length, 16_384);
    assert.equal(rows.find(({ id }) => id.cookie === socketId(0).cookie)?.state, 'last_ack');
    tell(row(socketId(2000), 22, 'close_wait'));
    assert.equal(tracker.takeStrangers().length, 1);
  });

  it('those of no inode that nobody can accept any more take no room, and are not counted', () => {
    const { tracker, tell } = watch();
    const orphan = (n: number, state: TcpState) => row({ ...socketId(n), inode: undefined }, 20, state);
    const gone = ['syn_sent', 'syn_received', 'fin_wait_1', 'fin_wait_2', 'closing', 'last_ack', 'time_wait'] as const;
    for (let n = 0; n < 20_000; n++) tell(orphan(n, gone[n % gone.length] ?? 'fin_wait_2'));
    assert.equal(tracker.counts().strangersDropped, 0);
    const waiting = [orphan(20_000, 'established'), orphan(20_001, 'close_wait')];
    const owned = row(socketId(20_002), 20, 'fin_wait_2');
    tell(...waiting, owned);
    assert.deepEqual(tracker.takeStrangers(), [...waiting, owned]);
  });

  it('the end of a sweep says nothing of them', () => {
    const { tell } = watch();
    assert.deepEqual(tell(row(socketId(7), 20, 'close_wait'), sweepEnd(19, 21, ['close_wait'])), []);
  });
});

describe('a stranger that was found to be another process’s', () => {
  it('is not handed over again', () => {
    const { tracker, tell } = watch();
    tell(row(socketId(7), 10, 'close_wait'));
    assert.equal(tracker.takeStrangers().length, 1);
    tracker.reject(socketId(7));
    tell(row(socketId(7), 20, 'close_wait'), row(socketId(8), 20, 'close_wait'));
    assert.deepEqual(
      tracker.takeStrangers().map(({ id }) => id),
      [socketId(8)],
    );
  });

  it('is ours all the same once the process has it', () => {
    const { tracker, tell } = watch();
    tracker.reject(socketId(7));
    tell(adopted(1, 20, { id: socketId(7) }), row(socketId(7), 21, 'close_wait'));
    assert.equal(tracker.suspects().size, 1);
  });
});
