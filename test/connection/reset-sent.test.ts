import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { viewOf } from '../../src/connection/view.ts';
import { closed, connected, connecting, edge, ending, row, seconds, socketId, tcpInfo } from './observations.ts';
import { steps, type Watch, watch } from './watch.ts';

function establishedAt(at: number): Watch {
  const it = watch();
  it.tell(connecting(1, at - 0.01), connected(1, at));
  return it;
}

describe('close over unread data aborts (RFC 9293, section 3.10.4; RFC 1122, section 4.2.2.13)', () => {
  it('established + close with 60 bytes unread → RST', () => {
    const { tell, connection } = establishedAt(10);
    const info = tcpInfo('established', { bytesReceived: 100 });
    assert.deepEqual(tell(closed(1, 20, { info, bytesRead: 40 })), [
      'teardown_started @20',
      'teardown_completed @20',
      'forgotten over',
    ]);
    const view = viewOf(connection(), seconds(21));
    assert.deepEqual([view.closeType, view.initiator, view.error], ['rst', 'local', undefined]);
    assert.deepEqual(steps(connection()).slice(3), ['rst.sent @20 inferred']);
  });

  it('none leaves while another process holds the descriptor too: a look still finds the connection', () => {
    const { tracker, tell } = establishedAt(10);
    tell(closed(1, 20, { info: tcpInfo('established', { bytesReceived: 100 }), bytesRead: 40 }));
    tell(row(socketId(1), 25, 'close_wait'));
    assert.deepEqual(
      [...tracker.connections()].map(({ state, role, phase }) => [state, role, phase]),
      [['close_wait', 'client', 'released']],
    );
  });

  it('close_wait + close with a byte unread → RST, but the peer was first', () => {
    const { tell, connection } = establishedAt(10);
    const info = tcpInfo('close_wait', { bytesReceived: 42, lastAckReceivedMs: 1000 });
    tell(closed(1, 20, { info, bytesRead: 40 }));
    assert.deepEqual([connection().closeType, connection().initiator], ['rst', 'remote']);
    assert.deepEqual(steps(connection()).slice(3), ['fin.received @19 inferred', 'rst.sent @20 inferred']);
  });

  it('the FIN counts as one byte received and is no unread data', () => {
    const { tell, connection } = establishedAt(10);
    tell(closed(1, 20, { info: tcpInfo('close_wait', { bytesReceived: 41 }), bytesRead: 40 }));
    assert.equal(connection().closeType, 'fin');
    assert.equal(connection().rstSent, undefined);
  });

  it('where the kernel’s count is not known, no RST is claimed', () => {
    const { tell, connection } = establishedAt(10);
    tell(closed(1, 20, { bytesRead: 40 }));
    assert.equal(connection().rstSent, undefined);
  });
});

describe('resetAndDestroy(): the application asks for a RST', () => {
  it('established → RST', () => {
    const { tell, connection } = establishedAt(10);
    tell(closed(1, 20, { how: 'reset', info: tcpInfo('established') }));
    assert.deepEqual([connection().closeType, connection().initiator], ['rst', 'local']);
    assert.deepEqual(steps(connection()).slice(3), ['rst.sent @20 inferred']);
  });

  it('after our own FIN → RST too', () => {
    const { tell, connection } = establishedAt(10);
    tell(ending(1, 20, tcpInfo('established')), closed(1, 21, { how: 'reset', info: tcpInfo('fin_wait_2') }));
    assert.deepEqual([connection().closeType, connection().initiator], ['rst', 'local']);
    assert.ok(steps(connection()).includes('rst.sent @21 inferred'));
  });

  it('in close_wait → RST, but the peer was first', () => {
    const { tell, connection } = establishedAt(10);
    tell(row(socketId(1), 15, 'close_wait'), closed(1, 20, { how: 'reset', info: tcpInfo('close_wait') }));
    assert.deepEqual([connection().closeType, connection().initiator], ['rst', 'remote']);
  });

  it('too late: the kernel’s socket is in CLOSE already, none is sent', () => {
    const { tell, connection } = establishedAt(10);
    tell(closed(1, 20, { how: 'reset', info: tcpInfo('closed'), error: 'ECONNRESET' }));
    assert.equal(connection().rstSent, undefined);
    assert.equal(connection().initiator, 'remote');
  });
});

describe('told by the kernel: straight to CLOSE without an error', () => {
  it('established → closed = a RST sent', () => {
    const { tell, connection } = establishedAt(10);
    assert.deepEqual(tell(edge(1, 20, 'established', 'closed')), [
      'established → closed @20',
      'teardown_started @20',
      'teardown_completed @20',
      'forgotten over',
    ]);
    assert.deepEqual([connection().closeType, connection().initiator], ['rst', 'local']);
    assert.deepEqual(steps(connection()).slice(3), ['rst.sent @20']);
  });

  it('close_wait → closed = a RST sent, last_ack was never there', () => {
    const { tell, connection } = establishedAt(10);
    tell(edge(1, 20, 'established', 'close_wait'), edge(1, 25, 'close_wait', 'closed', { finReceived: true }));
    assert.deepEqual([connection().closeType, connection().initiator], ['rst', 'remote']);
    assert.deepEqual(
      connection().changes.map(({ to }) => to),
      ['close_wait', 'closed'],
    );
    assert.deepEqual(steps(connection()).slice(3), ['fin.received @20', 'rst.sent @25']);
  });

  it('last_ack → closed is no RST but the last ACK', () => {
    const { tell, connection } = establishedAt(10);
    tell(edge(1, 20, 'established', 'close_wait'), edge(1, 21, 'close_wait', 'last_ack'));
    tell(edge(1, 22, 'last_ack', 'closed'));
    assert.equal(connection().rstSent, undefined);
    assert.equal(connection().closeType, 'fin');
  });
});
