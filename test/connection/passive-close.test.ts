import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { viewOf } from '../../src/connection/view.ts';
import { closed, connected, connecting, edge, ending, look, row, seconds, socketId, tcpInfo } from './observations.ts';
import { steps, type Watch, watch } from './watch.ts';

function establishedAt(at: number): Watch {
  const it = watch();
  it.tell(connecting(1, at - 0.01), connected(1, at));
  return it;
}

describe('four-way teardown, the peer first, told by this process', () => {
  it('established + FIN, seen when the application ends its side → close_wait since the last segment came', () => {
    const { tell, connection } = establishedAt(10);
    assert.deepEqual(tell(ending(1, 20, tcpInfo('close_wait', { lastAckReceivedMs: 100 }))), [
      'established → close_wait @19.9 inferred',
      'teardown_started @19.9',
    ]);
    assert.equal(connection().initiator, 'remote');
    assert.deepEqual(steps(connection()).slice(3), ['fin.received @19.9 inferred', 'fin.sent @20 inferred']);
  });

  it('close_wait + close → last_ack: closed in order', () => {
    const { tell, connection } = establishedAt(10);
    tell(ending(1, 20, tcpInfo('close_wait', { lastAckReceivedMs: 100, bytesReceived: 41 })));
    const told = tell(closed(1, 20.1, { info: tcpInfo('last_ack', { bytesReceived: 41 }), bytesRead: 40 }));
    assert.deepEqual(told, ['close_wait → last_ack @20 inferred', 'teardown_completed @20.1', 'forgotten over']);
    const view = viewOf(connection(), seconds(21));
    assert.deepEqual([view.closeType, view.initiator, view.bytesReceived], ['fin', 'remote', 40]);
  });

  it('last_ack is no older than our FIN: the last segment that came was the peer’s', () => {
    const { tell } = establishedAt(10);
    tell(ending(1, 20, tcpInfo('close_wait', { lastAckReceivedMs: 5000 })));
    const told = tell(closed(1, 20.1, { info: tcpInfo('last_ack', { lastAckReceivedMs: 5100 }) }));
    assert.match(told[0] ?? '', /^close_wait → last_ack @20(\.1)? inferred$/);
  });

  it('the last ACK was faster than the close of the descriptor → the same, and nothing is left in the kernel', () => {
    const { tracker, tell, connection } = establishedAt(10);
    tell(ending(1, 20, tcpInfo('close_wait', { lastAckReceivedMs: 100, bytesReceived: 41 })));
    const told = tell(closed(1, 20.1, { info: tcpInfo('closed', { bytesReceived: 41 }), bytesRead: 40 }));
    assert.ok(told.includes('teardown_completed @20.1'));
    assert.deepEqual([connection().closeType, connection().initiator, connection().state], ['fin', 'remote', 'closed']);
    assert.equal(tracker.counts().connections, 0);
  });

  it('close_wait + destroy() at once → the FIN goes with it', () => {
    const { tell, connection } = establishedAt(10);
    tell(closed(1, 20, { info: tcpInfo('close_wait', { bytesReceived: 41, lastAckReceivedMs: 3 }), bytesRead: 40 }));
    assert.deepEqual([connection().closeType, connection().initiator], ['fin', 'remote']);
    assert.deepEqual(steps(connection()).slice(3), ['fin.received @19.997 inferred', 'fin.sent @20 inferred']);
  });

  it('the FIN is never dated before the connection was established', () => {
    const { tell, connection } = establishedAt(10);
    tell(ending(1, 20, tcpInfo('close_wait', { lastAckReceivedMs: 60_000 })));
    assert.equal(connection().finReceived?.at, seconds(10));
  });
});

describe('four-way teardown, the peer first, told by the kernel', () => {
  it('established → close_wait → last_ack → closed, edge by edge', () => {
    const { tracker, tell, connection } = establishedAt(10);
    const told = tell(
      edge(1, 20, 'established', 'close_wait', { finReceived: true }),
      edge(1, 20.1, 'close_wait', 'last_ack', { finReceived: true }),
      edge(1, 20.12, 'last_ack', 'closed', { finReceived: true }),
    );
    assert.deepEqual(told, [
      'established → close_wait @20',
      'teardown_started @20',
      'close_wait → last_ack @20.1',
      'last_ack → closed @20.12',
      'teardown_completed @20.12',
      'forgotten over',
    ]);
    assert.deepEqual(steps(connection()).slice(3), ['fin.received @20', 'fin.sent @20.1', 'fin.acked @20.12']);
    assert.deepEqual([connection().closeType, connection().initiator], ['fin', 'remote']);
    // The passive closer keeps no TIME_WAIT.
    assert.equal(tracker.counts().connections, 0);
  });
});

describe('close_wait found by looking', () => {
  it('by way of the descriptor: since the FIN came, not since the look', () => {
    const { tell, connection } = establishedAt(10);
    const info = tcpInfo('close_wait', { lastAckReceivedMs: 4000, bytesReceived: 1 });
    assert.deepEqual(tell(look(1, 20, 'close_wait', { info, receiveQueue: 1 })), [
      'established → close_wait @16 inferred',
      'teardown_started @16',
    ]);
    assert.equal(viewOf(connection(), seconds(20)).stateAge, 4);
  });

  it('the change lies between two looks, whatever the kernel’s clock says', () => {
    const { tell, connection } = establishedAt(10);
    tell(look(1, 19, 'established'));
    tell(look(1, 20, 'close_wait', { info: tcpInfo('close_wait', { lastAckReceivedMs: 8000 }) }));
    assert.equal(connection().stateSince, seconds(19));
  });

  it('by a row without times: since the look', () => {
    const { tell, connection } = establishedAt(10);
    tell(row(socketId(1), 20, 'close_wait', { source: 'procfs' }));
    assert.equal(connection().stateSince, seconds(20));
  });

  it('is a suspect for as long as it stays', () => {
    const { tracker, tell, connection } = establishedAt(10);
    assert.equal(tracker.suspects().size, 0);
    tell(row(socketId(1), 20, 'close_wait'));
    assert.deepEqual([...tracker.suspects()], [connection()]);
    tell(closed(1, 21));
    assert.equal(tracker.suspects().size, 0);
  });
});
