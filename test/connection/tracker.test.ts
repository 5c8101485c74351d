import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SocketSignals } from '../../src/connection/observation.ts';
import { viewOf } from '../../src/connection/view.ts';
import { closed, connected, connecting, ending, row, seconds, socketId, tcpInfo } from './observations.ts';
import { watch } from './watch.ts';

describe('an exporter’s own connection', () => {
  it('carries its mark from connect() to the end', () => {
    const { tell, events } = watch();
    tell(connecting(1, 10, { suppressed: true }), connected(1, 11), ending(1, 12), closed(1, 13));
    assert.ok(events.length > 3 && events.every(({ connection }) => connection.suppressed));
  });

  it('no other has it', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 10), connected(1, 11));
    assert.equal(viewOf(connection(), seconds(12)).suppressed, false);
  });
});

describe('observations that are about no connection', () => {
  it('lost: counted', () => {
    const { tracker, tell } = watch();
    const lost = { kind: 'lost', source: 'ebpf', at: seconds(10), count: 3, what: 'ring buffer full' } as const;
    assert.deepEqual(tell(lost, { ...lost, count: 4 }), []);
    assert.equal(tracker.counts().lost, 7);
  });

  it('events of a socket that nobody knows: nothing', () => {
    const { tracker, tell } = watch();
    assert.deepEqual(tell(connected(1, 10), ending(1, 11), closed(1, 12)), []);
    assert.equal(tracker.counts().connections, 0);
  });
});

describe('what JavaScript knows of a suspicious socket', () => {
  const signals: SocketSignals = {
    destroyed: false,
    reading: false,
    readableEnded: false,
    endQueued: false,
    readableLength: 0,
    readableFlowing: false,
    writableEnded: false,
    writableFinished: false,
    writableLength: 0,
    allowHalfOpen: true,
    bytesRead: 0,
    bytesWritten: 0,
    pipes: 0,
    hasDataListener: false,
    hasReadableListener: false,
    iterating: false,
    hasOnread: false,
    pausedOnConnect: false,
  };

  it('is kept as it was said last, with the site of the request that is under way', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 10, { site: { frames: () => ['connect'] } }), connected(1, 11));
    const inspected = { kind: 'socket_event', event: 'inspected', socket: 1, at: seconds(20) } as const;
    assert.deepEqual(tell({ ...inspected, signals }), []);
    assert.deepEqual(viewOf(connection(), seconds(20)).callSite, ['connect']);
    tell({ ...inspected, signals: { ...signals, reading: true }, site: { frames: () => ['request'] } });
    const view = viewOf(connection(), seconds(20));
    assert.equal(view.signals?.reading, true);
    assert.deepEqual(view.callSite, ['request']);
  });
});

describe('a view', () => {
  it('queues and counters are those of the last look', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 10), connected(1, 11));
    const info = tcpInfo('established', {
      bytesSent: 120,
      bytesRetransmitted: 20,
      bytesReceived: 7,
      totalRetransmits: 2,
    });
    tell(row(socketId(1), 20, 'established', { receiveQueue: 3, sendQueue: 4, info }));
    const view = viewOf(connection(), seconds(21));
    assert.deepEqual([view.receiveQueue, view.sendQueue], [3, 4]);
    // Payload: without what was sent twice.
    assert.deepEqual([view.bytesSent, view.bytesReceived, view.retransmits], [100, 7, 2]);
  });

  it('without a look, bytes are what the descriptor counted, and retransmits are unknown, not 0', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 10), connected(1, 11), closed(1, 20, { bytesRead: 5, bytesWritten: 6 }));
    const view = viewOf(connection(), seconds(21));
    assert.deepEqual([view.bytesSent, view.bytesReceived, view.retransmits], [6, 5, undefined]);
  });

  it('an age is never negative: clocks of two sources differ by a little', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 10), connected(1, 11));
    const view = viewOf(connection(), seconds(9));
    assert.deepEqual([view.age, view.stateAge], [0, 0]);
  });
});
