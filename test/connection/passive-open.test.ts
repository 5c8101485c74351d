import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { viewOf } from '../../src/connection/view.ts';
import { accepted, closed, edge, seconds, socketId, tcpInfo } from './observations.ts';
import { steps, watch } from './watch.ts';

describe('passive open: the handshake is over before accept() tells of it', () => {
  it('accepted after 3 s in the accept queue → the SYN came 3 s and a round trip ago', () => {
    const { tell, connection } = watch();
    const info = tcpInfo('established', { lastDataSentMs: 3000, rttUs: 200 });
    assert.deepEqual(tell(accepted(1, 10, { info })), [
      'handshake_started @6.9998',
      'syn_received → established @7 inferred',
      'handshake_completed @7',
    ]);
    assert.deepEqual(steps(connection()), ['syn @6.9998 inferred', 'syn_ack @6.9998 inferred', 'ack @7 inferred']);
    const view = viewOf(connection(), seconds(10));
    assert.equal(view.role, 'server');
    assert.equal(view.state, 'established');
    assert.equal(view.stateAge, 3);
    assert.equal(view.handshakeDuration, 0.0002);
    assert.equal(view.rtt, 0.0002);
    assert.equal(view.source, 'sock_diag');
  });

  it('accepted where the kernel cannot be asked → established now, and said to be inferred', () => {
    const { tell, connection } = watch();
    tell(accepted(1, 10));
    const view = viewOf(connection(), seconds(10));
    assert.equal(view.source, 'userland');
    assert.equal(view.rtt, undefined);
    assert.ok(view.steps.every((step) => step.inferred && step.at === seconds(10)));
  });

  it('retransmits of the SYN+ACK are those of the new socket', () => {
    const { tell, connection } = watch();
    tell(accepted(1, 10, { info: tcpInfo('established', { totalRetransmits: 3, rttUs: 1000 }) }));
    assert.equal(connection().synRetransmits, 3);
  });

  it('has no connect(): no requested end, no attempt before it, the site is that of listen()', () => {
    const { tell, connection } = watch();
    tell(accepted(1, 10, { site: { frames: () => ['listen (server.js:1:1)'] } }));
    const view = viewOf(connection(), seconds(10));
    assert.equal(view.requested, undefined);
    assert.equal(view.beforeSyn, undefined);
    assert.equal(view.attempt, 1);
    assert.deepEqual(view.callSite, ['listen (server.js:1:1)']);
  });
});

describe('what happened in the accept queue', () => {
  it('the client finished 1 s ago → close_wait since then, the peer began', () => {
    const { tell, connection } = watch();
    const info = tcpInfo('close_wait', { lastDataSentMs: 3000, lastAckReceivedMs: 1000, rttUs: 200, bytesReceived: 1 });
    assert.deepEqual(tell(accepted(1, 10, { info })), [
      'handshake_started @6.9998',
      'syn_received → established @7 inferred',
      'handshake_completed @7',
      'established → close_wait @9 inferred',
      'teardown_started @9',
    ]);
    assert.equal(connection().initiator, 'remote');
    assert.deepEqual(steps(connection()).at(-1), 'fin.received @9 inferred');
  });

  it('the client reset 1 s ago: accept() still gives a socket, in CLOSE → a RST received', () => {
    // Linux 6.18: connect, wait 20 ms, resetAndDestroy() while the server's loop is blocked; TCP_INFO on the accepted
    // socket then says tcpi_state 7 with the times and the round trip kept.
    const { tell, connection } = watch();
    const info = tcpInfo('closed', { lastDataSentMs: 3000, lastAckReceivedMs: 1000, rttUs: 31, bytesAcked: 0 });
    const told = [
      ...tell(accepted(1, 10, { info })),
      ...tell(closed(1, 10.1, { error: 'ECONNRESET', info: { ...info, lastAckReceivedMs: 1100 } })),
    ];
    assert.ok(told.some((event) => event.startsWith('teardown_started')));
    assert.equal(told.filter((event) => event.startsWith('teardown_completed')).length, 1);
    assert.equal(connection().closeType, 'rst');
    assert.equal(connection().initiator, 'remote');
  });
});

describe('passive open, told by the kernel', () => {
  it('listen → syn_received → established: a handshake from the SYN to the ACK', () => {
    const { tell, connection } = watch();
    const told = tell(edge(1, 10, 'listen', 'syn_received'), edge(1, 10.000_02, 'syn_received', 'established'));
    assert.ok(told.includes('handshake_completed @10.00002'));
    assert.equal(viewOf(connection(), seconds(11)).role, 'server');
  });

  it('the same socket accepted later is the same connection, its handshake told once', () => {
    const { tracker, tell, events } = watch();
    tell(edge(1, 10, 'listen', 'syn_received'), edge(1, 10.000_02, 'syn_received', 'established'));
    tell(accepted(1, 12, { id: socketId(1), info: tcpInfo('established', { lastDataSentMs: 2000 }) }));
    assert.equal(tracker.counts().connections, 1);
    assert.equal(events.filter(({ kind }) => kind === 'handshake_completed').length, 1);
    assert.equal(tracker.get(1)?.role, 'server');
  });
});
