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

describe('established + RST → closed', () => {
  it('told by this process: destroyed with ECONNRESET', () => {
    const { tracker, tell, connection } = establishedAt(10);
    const info = tcpInfo('closed', { lastAckReceivedMs: 5, bytesReceived: 30 });
    assert.deepEqual(tell(closed(1, 20, { error: 'ECONNRESET', info, bytesRead: 30 })), [
      'teardown_started @20',
      'teardown_completed @20',
      'forgotten over',
    ]);
    const view = viewOf(connection(), seconds(21));
    assert.deepEqual(
      [view.closeType, view.initiator, view.error, view.state],
      ['rst', 'remote', 'ECONNRESET', 'closed'],
    );
    assert.deepEqual(steps(connection()).slice(3), ['rst.received @20 inferred']);
    assert.equal(tracker.counts().connections, 0);
  });

  it('told by this process where the kernel cannot be asked', () => {
    const { tell, connection } = establishedAt(10);
    tell(closed(1, 20, { error: 'ECONNRESET' }));
    assert.deepEqual([connection().closeType, connection().initiator], ['rst', 'remote']);
    assert.deepEqual(steps(connection()).slice(3), ['rst.received @20 inferred']);
  });

  it('a paused socket never hears of it: in CLOSE without both FINs means a RST', () => {
    const { tell, connection } = establishedAt(10);
    tell(closed(1, 80, { info: tcpInfo('closed', { lastAckReceivedMs: 60_000, bytesReceived: 30 }), bytesRead: 30 }));
    assert.deepEqual([connection().closeType, connection().initiator], ['rst', 'remote']);
    // A RST is no acceptable ACK: the kernel's counters do not date it.
    assert.deepEqual(steps(connection()).slice(3), ['rst.received @80 inferred']);
  });

  it('told by the kernel', () => {
    const { tell, connection } = establishedAt(10);
    assert.deepEqual(tell(edge(1, 20, 'established', 'closed', { error: 'ECONNRESET' })), [
      'established → closed @20',
      'teardown_started @20',
      'teardown_completed @20',
      'forgotten over',
    ]);
    assert.deepEqual([connection().closeType, connection().initiator], ['rst', 'remote']);
    assert.equal(connection().error, 'ECONNRESET');
    assert.deepEqual(steps(connection()).slice(3), ['rst.received @20']);
  });
});

describe('RST after a FIN: who finished first stays', () => {
  it('close_wait + RST → closed, told by the kernel as EPIPE', () => {
    const { tell, connection } = establishedAt(10);
    tell(edge(1, 20, 'established', 'close_wait', { finReceived: true }));
    const told = tell(edge(1, 25, 'close_wait', 'closed', { error: 'EPIPE', finReceived: true }));
    assert.deepEqual(told, ['close_wait → closed @25', 'teardown_completed @25', 'forgotten over']);
    assert.deepEqual([connection().closeType, connection().initiator], ['rst', 'remote']);
    assert.deepEqual(steps(connection()).slice(3), ['fin.received @20', 'rst.received @25']);
  });

  it('close_wait + RST, told by this process', () => {
    const { tell, connection } = establishedAt(10);
    tell(row(socketId(1), 20, 'close_wait'));
    tell(closed(1, 25, { error: 'EPIPE', info: tcpInfo('closed', { bytesReceived: 1, lastAckReceivedMs: 0 }) }));
    assert.deepEqual([connection().closeType, connection().initiator], ['rst', 'remote']);
    assert.deepEqual(steps(connection()).slice(3), ['fin.received @20 inferred', 'rst.received @25 inferred']);
  });

  it('fin_wait_1 + RST: we were first', () => {
    const { tell, connection } = establishedAt(10);
    tell(edge(1, 20, 'established', 'fin_wait_1'));
    tell(edge(1, 20.1, 'fin_wait_1', 'closed', { error: 'ECONNRESET' }));
    assert.deepEqual([connection().closeType, connection().initiator], ['rst', 'local']);
    assert.deepEqual(steps(connection()).slice(3), ['fin.sent @20', 'rst.received @20.1']);
  });

  it('end(), then RST instead of an answer: we were first', () => {
    const { tell, connection } = establishedAt(10);
    tell(ending(1, 20, tcpInfo('established')), closed(1, 20.1, { error: 'ECONNRESET', info: tcpInfo('closed') }));
    assert.deepEqual([connection().closeType, connection().initiator], ['rst', 'local']);
  });

  it('end(), then ECONNRESET with bytes unread: these are no FIN of the peer', () => {
    const { tell, connection } = establishedAt(10);
    tell(ending(1, 20, tcpInfo('established')));
    tell(closed(1, 20.1, { error: 'ECONNRESET', info: tcpInfo('closed', { bytesReceived: 9 }), bytesRead: 4 }));
    assert.equal(connection().closeType, 'rst');
    assert.equal(connection().finReceived, undefined);
  });

  it('last_ack + RST: nobody acknowledged our FIN', () => {
    const { tell, connection } = establishedAt(10);
    tell(edge(1, 20, 'established', 'close_wait'), edge(1, 21, 'close_wait', 'last_ack'));
    tell(edge(1, 22, 'last_ack', 'closed', { error: 'ECONNRESET' }));
    assert.equal(connection().closeType, 'rst');
    assert.deepEqual(steps(connection()).slice(3), ['fin.received @20', 'fin.sent @21', 'rst.received @22']);
  });
});

describe('no RST and no FIN', () => {
  it('established + retransmission time-out → closed: timeout, told by the kernel', () => {
    const { tell, connection } = establishedAt(10);
    const told = tell(edge(1, 900, 'established', 'closed', { error: 'ETIMEDOUT' }));
    assert.deepEqual(told, ['established → closed @900', 'teardown_completed @900', 'forgotten over']);
    assert.equal(connection().closeType, 'timeout');
    assert.deepEqual(steps(connection()).slice(3), []);
  });

  it('established + retransmission time-out → closed: timeout, told by this process', () => {
    const { tell, connection } = establishedAt(10);
    tell(closed(1, 900, { error: 'ETIMEDOUT', info: tcpInfo('closed') }));
    assert.equal(connection().closeType, 'timeout');
    assert.equal(connection().rstReceived, undefined);
  });

  for (const error of ['ECONNABORTED', 'ENETDOWN'])
    it(`established + ${error}: ended from outside → abort`, () => {
      const { tell, connection } = establishedAt(10);
      tell(closed(1, 20, { error, info: tcpInfo('closed') }));
      assert.equal(connection().closeType, 'abort');
      assert.equal(connection().rstReceived, undefined);
    });

  it('SOCK_DESTROY told by the kernel → abort', () => {
    const { tell, connection } = establishedAt(10);
    tell(edge(1, 20, 'established', 'closed', { error: 'ECONNABORTED' }));
    assert.equal(connection().closeType, 'abort');
  });
});
