import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { viewOf } from '../../src/connection/view.ts';
import { closed, connected, connectFailed, connecting, edge, seconds, tcpInfo } from './observations.ts';
import { steps, watch } from './watch.ts';

describe('connect() refused', () => {
  it('syn_sent + RST → closed: failed with ECONNREFUSED, and nothing is left of it', () => {
    const { tracker, tell, connection } = watch();
    tell(connecting(1, 10));
    assert.deepEqual(tell(connectFailed(1, 10.01, 'ECONNREFUSED')), [
      'handshake_failed ECONNREFUSED @10.01',
      'forgotten over',
    ]);
    const view = viewOf(connection(), seconds(11));
    assert.equal(view.state, 'closed');
    assert.equal(view.error, 'ECONNREFUSED');
    assert.equal(view.handshakeDuration, undefined);
    assert.deepEqual(steps(connection()), ['syn @10', 'rst.received @10.01 inferred']);
    assert.equal(tracker.counts().connections, 0);
  });

  it('as the kernel tells it: syn_sent → closed with ECONNREFUSED', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 10));
    const told = tell(edge(1, 10.01, 'syn_sent', 'closed', { error: 'ECONNREFUSED' }));
    assert.deepEqual(told, ['syn_sent → closed @10.01', 'handshake_failed ECONNREFUSED @10.01', 'forgotten over']);
    assert.deepEqual(steps(connection()), ['syn @10', 'rst.received @10.01']);
  });

  it('reset during the handshake → a RST too', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 10), connectFailed(1, 10.01, 'ECONNRESET'));
    assert.deepEqual(steps(connection()), ['syn @10', 'rst.received @10.01 inferred']);
  });
});

describe('connect() without an answer', () => {
  for (const error of ['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL'])
    it(`${error}: failed, and nobody sent a RST`, () => {
      const { tell, connection } = watch();
      tell(connecting(1, 10));
      assert.deepEqual(tell(connectFailed(1, 137, error)), [`handshake_failed ${error} @137`, 'forgotten over']);
      assert.deepEqual(steps(connection()), ['syn @10']);
    });

  it('as the kernel tells it: syn_sent → closed with ETIMEDOUT', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 10));
    const told = tell(edge(1, 137, 'syn_sent', 'closed', { error: 'ETIMEDOUT' }));
    assert.deepEqual(told, ['syn_sent → closed @137', 'handshake_failed ETIMEDOUT @137', 'forgotten over']);
    assert.equal(connection().closeType, 'timeout');
  });
});

describe('connect() abandoned by the application', () => {
  it('syn_sent + destroy() → an error, never a success: ECONNABORTED', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 10));
    assert.deepEqual(tell(closed(1, 11, { info: tcpInfo('syn_sent') })), [
      'handshake_failed ECONNABORTED @11',
      'forgotten over',
    ]);
    assert.equal(viewOf(connection(), seconds(12)).error, 'ECONNABORTED');
  });

  it('whatever it was abandoned for: a time-out of the application is no ETIMEDOUT of the kernel', () => {
    const { tell } = watch();
    tell(connecting(1, 10));
    assert.equal(tell(closed(1, 11, { error: 'ETIMEDOUT' })).at(0), 'handshake_failed ECONNABORTED @11');
  });

  it('as the kernel tells it: syn_sent → closed without an error', () => {
    const { tell } = watch();
    tell(connecting(1, 10));
    assert.equal(tell(edge(1, 11, 'syn_sent', 'closed')).at(1), 'handshake_failed ECONNABORTED @11');
  });
});

it('a failed handshake is followed by nothing: no teardown, no second failure', () => {
  const { tell, events } = watch();
  tell(connecting(1, 10), connectFailed(1, 11, 'ECONNREFUSED'));
  assert.deepEqual(tell(connected(1, 12), connectFailed(1, 12, 'ETIMEDOUT'), closed(1, 12)), []);
  assert.ok(events.every(({ kind }) => !kind.startsWith('teardown')));
});
