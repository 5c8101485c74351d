import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { viewOf } from '../../src/connection/view.ts';
import { connected, connecting, seconds, tcpInfo } from './observations.ts';
import { steps, watch } from './watch.ts';

describe('the event loop was blocked for 5 s while the peer answered', () => {
  it('connected told 5 s late → established = SYN + round trip', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 10));
    const info = tcpInfo('established', { rttUs: 800, lastDataSentMs: 4999 });
    assert.deepEqual(tell(connected(1, 15, { info })), [
      'syn_sent → established @10.0008 inferred',
      'handshake_completed @10.0008',
    ]);
    assert.equal(viewOf(connection(), seconds(15)).handshakeDuration, 0.0008);
  });

  it('and finished 2 s ago: both steps happened, each at its time', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 10));
    const info = tcpInfo('close_wait', { rttUs: 800, lastDataSentMs: 4999, lastAckReceivedMs: 2000, bytesReceived: 1 });
    assert.deepEqual(tell(connected(1, 15, { info })), [
      'syn_sent → established @10.0008 inferred',
      'handshake_completed @10.0008',
      'established → close_wait @13 inferred',
      'teardown_started @13',
    ]);
    assert.equal(connection().initiator, 'remote');
    assert.deepEqual(steps(connection()).at(-1), 'fin.received @13 inferred');
  });

  it('where the kernel cannot be asked, the block is taken for the network: nothing better is known', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 10), connected(1, 15));
    assert.equal(viewOf(connection(), seconds(15)).handshakeDuration, 5);
  });
});
