import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SocketSignals } from '../../src/connection/observation.ts';
import { viewOf } from '../../src/connection/view.ts';
import type { TcpState } from '../../src/tcp/state.ts';
import {
  accepted,
  closed,
  connected,
  connecting,
  look,
  row,
  seconds,
  socketId,
  sweepEnd,
  tcpInfo,
} from './observations.ts';
import { watch } from './watch.ts';

const withoutCookie = { inode: socketId(1).inode, tuple: socketId(1).tuple };

/** A row of /proc/net/tcp: no cookie, no counters. */
function tableRow(at: number, state: TcpState, receiveQueue = 0, sendQueue = 0) {
  return row(withoutCookie, at, state, { source: 'procfs', receiveQueue, sendQueue });
}

function tableEnd(startedAt: number, at: number) {
  return sweepEnd(startedAt, at, ['close_wait', 'established'], { source: 'procfs' });
}

function inspected(at: number, bytesRead: number, bytesWritten = 0) {
  const signals = { bytesRead, bytesWritten } as SocketSignals;
  return { kind: 'socket_event', event: 'inspected', socket: 1, at: seconds(at), signals } as const;
}

describe('one source falls silent and another speaks on', () => {
  it('a connection known by cookie and four-tuple is recognised in a row with inode and four-tuple', () => {
    const { tracker, tell, connection } = watch();
    const { cookie, tuple } = socketId(1);
    tell(connecting(1, 9.99, { id: { cookie, tuple } }), connected(1, 10), look(1, 15, 'close_wait'));
    tell(tableRow(20, 'close_wait'), tableRow(25, 'close_wait'));
    assert.equal(tracker.counts().connections, 1);
    assert.equal(connection().id.inode, socketId(1).inode);
    assert.deepEqual(tracker.takeStrangers(), []);
  });

  it('its id stays what it was when a stronger name is learnt', () => {
    const { tell, connection } = watch();
    tell(accepted(1, 10, { id: withoutCookie }));
    const before = viewOf(connection(), seconds(11)).id;
    tell(row(socketId(1), 20, 'close_wait'));
    assert.equal(connection().id.cookie, socketId(1).cookie);
    assert.equal(before, 'ino:5001');
    assert.equal(viewOf(connection(), seconds(21)).id, before);
  });

  it('the last word of a descriptor stands against one row of a table, not against the next', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 9.99), connected(1, 10), look(1, 15, 'close_wait', { receiveQueue: 7 }));
    tell(tableRow(15.1, 'close_wait', 8));
    assert.equal(connection().receiveQueue, 7);
    tell(tableRow(20, 'close_wait', 8));
    assert.equal(connection().receiveQueue, 8);
  });

  it('both at once: the descriptor is believed every time', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 9.99), connected(1, 10));
    for (const at of [15, 20, 25]) {
      tell(look(1, at, 'close_wait', { receiveQueue: 7 }), tableRow(at + 0.1, 'close_wait', 8));
      assert.equal(connection().receiveQueue, 7);
    }
  });

  it('another looker counts differently: no progress', () => {
    const { tell, connection } = watch();
    const info = tcpInfo('close_wait', { bytesReceived: 101 });
    tell(connecting(1, 9.99), connected(1, 10), look(1, 15, 'close_wait', { receiveQueue: 100, info }));
    const { progress } = connection();
    tell(tableRow(20, 'close_wait', 99, 1), tableRow(25, 'close_wait', 99, 1));
    assert.equal(connection().progress, progress);
    tell(look(1, 30, 'close_wait', { receiveQueue: 100, info }));
    assert.equal(connection().progress, progress);
  });

  it('the same looker, a shorter queue: progress', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 9.99), connected(1, 10), tableRow(15, 'close_wait', 99));
    const { progress } = connection();
    tell(tableRow(20, 'close_wait', 98));
    assert.equal(connection().progress, progress + 1);
  });
});

describe('a table without counters', () => {
  it('a queue that stands still while JavaScript reads: progress', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 9.99), connected(1, 10), tableRow(15, 'established', 500), inspected(15.1, 1000));
    const { progress } = connection();
    tell(tableRow(20, 'established', 500), inspected(20.1, 2000));
    assert.equal(connection().progress, progress + 1);
    tell(tableRow(25, 'established', 500), inspected(25.1, 2000));
    assert.equal(connection().progress, progress + 1);
  });

  it('bytes that are written and taken before each look: progress', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 9.99), connected(1, 10), tableRow(15, 'close_wait'), inspected(15.1, 5, 100));
    const { progress } = connection();
    tell(tableRow(20, 'close_wait'), inspected(20.1, 5, 200));
    assert.equal(connection().progress, progress + 1);
  });

  it('with the kernel’s counters, what JavaScript read is not counted twice', () => {
    const { tell, connection } = watch();
    const at = (time: number, bytesReceived: number, read: number) => [
      look(1, time, 'established', { receiveQueue: 500, info: tcpInfo('established', { bytesReceived }) }),
      inspected(time + 0.1, read),
    ];
    tell(connecting(1, 9.99), connected(1, 10), ...at(15, 1500, 1000));
    const { progress } = connection();
    tell(...at(20, 2500, 2000));
    assert.equal(connection().progress, progress + 1);
  });

  it('close_wait in JavaScript + whole sweep of the table without it → closed, forgotten', () => {
    const { tracker, tell } = watch();
    tell(connecting(1, 9.99), connected(1, 10), tableRow(20, 'close_wait'), tableEnd(19, 21));
    assert.deepEqual(tell(tableEnd(29, 30)), [
      'close_wait → closed @30 inferred',
      'teardown_completed @30',
      'forgotten over',
    ]);
    assert.deepEqual(tell(closed(1, 40)), []);
    assert.equal(tracker.counts().connections, 0);
  });

  it('one that descriptors are asked about is theirs to tell of', () => {
    const { tracker, tell } = watch();
    tell(connecting(1, 9.99), connected(1, 10), look(1, 20, 'close_wait'));
    assert.deepEqual(tell(tableEnd(29, 30)), []);
    assert.equal(tracker.get(1)?.state, 'close_wait');
  });
});
