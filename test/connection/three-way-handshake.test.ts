import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { viewOf } from '../../src/connection/view.ts';
import { endpoint } from '../../src/tcp/endpoint.ts';
import { connected, connecting, edge, row, seconds, socketId, tcpInfo } from './observations.ts';
import { steps, watch } from './watch.ts';

describe('active open, told by this process', () => {
  it('closed + connect() → syn_sent', () => {
    const { tell, connection } = watch();
    assert.deepEqual(tell(connecting(1, 10, { calledAt: seconds(9.9), attempt: 1 })), ['handshake_started @10']);
    const view = viewOf(connection(), seconds(10.5));
    assert.equal(view.role, 'client');
    assert.equal(view.state, 'syn_sent');
    assert.equal(view.stateAge, 0.5);
    assert.equal(view.beforeSyn, 0.1);
    assert.equal(view.handshakeDuration, undefined);
    assert.equal(view.id, '101');
    assert.deepEqual(view.requested, endpoint('api.example', 80));
    assert.deepEqual(view.peer, endpoint('10.0.0.2', 80));
    assert.deepEqual(steps(connection()), ['syn @10']);
  });

  it('syn_sent + connected → established, at the time at which Node told, when the kernel cannot be asked', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 10));
    assert.deepEqual(tell(connected(1, 10.05)), ['syn_sent → established @10.05', 'handshake_completed @10.05']);
    const view = viewOf(connection(), seconds(11));
    assert.equal(view.handshakeDuration, 0.05);
    assert.equal(view.rtt, undefined);
    assert.equal(view.source, 'userland');
  });

  it('syn_sent + connected with a round trip of 20 ms → established at SYN + 20 ms, worked out', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 10));
    const info = tcpInfo('established', { rttUs: 20_000, lastDataSentMs: 1 });
    assert.deepEqual(tell(connected(1, 10.021, { info })), [
      'syn_sent → established @10.02 inferred',
      'handshake_completed @10.02',
    ]);
    assert.deepEqual(steps(connection()), ['syn @10', 'syn_ack @10.02 inferred', 'ack @10.02 inferred']);
    const view = viewOf(connection(), seconds(11));
    assert.equal(view.rtt, 0.02);
    assert.equal(view.handshakeDuration, 0.02);
    assert.equal(view.retransmits, 0);
    assert.equal(view.source, 'sock_diag');
  });

  it('the handshake is never worked out to end before it began or after it was told', () => {
    for (const rttUs of [1, 1_000_000]) {
      const { tell, connection } = watch();
      tell(connecting(1, 10), connected(1, 10.02, { info: tcpInfo('established', { rttUs, lastDataSentMs: 9_000 }) }));
      const at = connection().established?.at ?? 0;
      assert.ok(at >= seconds(10) && at <= seconds(10.02), `${at}`);
    }
  });

  it('connect() to 0.0.0.0: the kernel’s peer replaces what was asked for, and is found by it', () => {
    const { tell, connection } = watch();
    const { local } = socketId(1).tuple ?? { local: endpoint('10.0.0.1', 1) };
    const asked = { tuple: { local, peer: endpoint('0.0.0.0', 80) } };
    const chosen = { tuple: { local, peer: endpoint('127.0.0.1', 80) } };
    tell(connecting(1, 10, { id: asked }), connected(1, 10.01, { id: chosen }));
    assert.deepEqual(viewOf(connection(), seconds(11)).peer, endpoint('127.0.0.1', 80));
    assert.deepEqual(tell(row(chosen, 12, 'close_wait')).at(0), 'established → close_wait @12 inferred');
  });

  it('connected told twice, or of a socket that nobody knows → nothing more', () => {
    const { tell } = watch();
    tell(connecting(1, 10), connected(1, 10.01));
    assert.deepEqual(tell(connected(1, 10.02)), []);
    assert.deepEqual(tell(connected(77, 10.02)), []);
  });

  it('context and call site are carried, not looked at', () => {
    const { tell, connection } = watch();
    const context = Object.freeze({});
    const site = { frames: () => ['load (app.js:3:7)'] };
    tell(connecting(1, 10, { context, site }));
    assert.equal(connection().context, context);
    assert.deepEqual(viewOf(connection(), seconds(11)).callSite, ['load (app.js:3:7)']);
  });
});

describe('active open, told by the kernel alone', () => {
  it('closed → syn_sent → established: a handshake from the SYN to ESTABLISHED', () => {
    const { tell, connection } = watch();
    assert.ok(tell(edge(1, 10, 'closed', 'syn_sent')).includes('handshake_started @10'));
    assert.ok(tell(edge(1, 10.02, 'syn_sent', 'established')).includes('handshake_completed @10.02'));
    const view = viewOf(connection(), seconds(11));
    assert.equal(view.role, 'client');
    assert.equal(view.source, 'ebpf');
    assert.equal(view.handshakeDuration, 0.02);
  });

  it('first seen in syn_sent → the handshake is completed, but when it began is not known', () => {
    const { tell, connection } = watch();
    assert.deepEqual(tell(edge(1, 10.02, 'syn_sent', 'established')), [
      'syn_sent → established @10.02',
      'handshake_completed @10.02',
    ]);
    assert.equal(viewOf(connection(), seconds(11)).handshakeDuration, undefined);
  });
});

it('a look that finds ESTABLISHED before Node tells of it completes the handshake, once', () => {
  const { tell } = watch();
  tell(connecting(1, 10));
  assert.deepEqual(tell(row(socketId(1), 12, 'established')), [
    'syn_sent → established @12 inferred',
    'handshake_completed @12',
  ]);
  assert.deepEqual(tell(connected(1, 12.5)), []);
});
