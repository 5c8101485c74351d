import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { viewOf } from '../../src/connection/view.ts';
import { connected, connectFailed, connecting, seconds, tcpInfo } from './observations.ts';
import { watch } from './watch.ts';

describe('a SYN that was lost', () => {
  it('sent three times → established when the kernel began to count, not one round trip after the first SYN', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 10));
    const info = tcpInfo('established', { totalRetransmits: 2, rttUs: 20_000, lastDataSentMs: 5 });
    assert.deepEqual(tell(connected(1, 13.025, { info })), [
      'syn_sent → established @13.02 inferred',
      'handshake_completed @13.02',
    ]);
    const view = viewOf(connection(), seconds(14));
    assert.equal(view.handshakeDuration, 3.02);
    assert.equal(view.rtt, 0.02);
    assert.equal(connection().synRetransmits, 2);
  });

  it('a kernel that does not count them → not taken for none', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 10));
    const info = tcpInfo('established', { totalRetransmits: undefined, rttUs: 20_000, lastDataSentMs: 5 });
    tell(connected(1, 13.025, { info }));
    assert.equal(connection().synRetransmits, undefined);
    assert.equal(connection().established?.at, seconds(13.02));
  });

  it('a kernel without a sample of the round trip → established when it began to count', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 10), connected(1, 13.025, { info: tcpInfo('established', { rttUs: 0, lastDataSentMs: 5 }) }));
    assert.equal(connection().established?.at, seconds(13.02));
    assert.equal(connection().rttUs, undefined);
  });

  it('lost each time → a connect() without an answer, of which the kernel’s count is not known', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 10), connectFailed(1, 137, 'ETIMEDOUT'));
    assert.equal(connection().synRetransmits, undefined);
  });

  const late = { rttUs: 20_000, lastDataSentMs: 1000, bytesSent: 5000, bytesRetransmitted: 1000 };

  it('asked late, when data was sent again once → the SYN was answered at once', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 10), connected(1, 14, { info: tcpInfo('established', { ...late, totalRetransmits: 1 }) }));
    assert.equal(connection().synRetransmits, 0);
    assert.equal(connection().established?.at, seconds(10.02));
  });

  it('asked late, when more was sent again, data among it → how much of it was the SYN is not known', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 10), connected(1, 14, { info: tcpInfo('established', { ...late, totalRetransmits: 3 }) }));
    assert.equal(connection().synRetransmits, undefined);
    assert.equal(connection().established?.at, seconds(10.02));
  });

  it('asked late, when data was sent, and none again → what the kernel counts is the SYN', () => {
    const { tell, connection } = watch();
    const info = tcpInfo('established', { ...late, bytesRetransmitted: 0, totalRetransmits: 2 });
    tell(connecting(1, 10), connected(1, 14, { info }));
    assert.equal(connection().synRetransmits, 2);
  });
});
