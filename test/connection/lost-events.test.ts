import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TcpState } from '../../src/tcp/state.ts';
import { connected, connecting, edge, row, socketId } from './observations.ts';
import { steps, type Watch, watch } from './watch.ts';

function established(): Watch {
  const it = watch();
  it.tell(connecting(1, 9.99), connected(1, 10));
  return it;
}

describe('a poll that slept through states tells them all, inferred', () => {
  const slept: readonly (readonly [TcpState, readonly string[]])[] = [
    ['last_ack', ['established → close_wait @20 inferred', 'close_wait → last_ack @20 inferred']],
    ['fin_wait_2', ['established → fin_wait_1 @20 inferred', 'fin_wait_1 → fin_wait_2 @20 inferred']],
    ['time_wait', ['established → fin_wait_1 @20 inferred', 'fin_wait_1 → time_wait @20 inferred']],
  ];
  for (const [found, path] of slept)
    it(`established … ${found}`, () => {
      const changes = established()
        .tell(row(socketId(1), 20, found))
        .filter((event) => event.includes('→'));
      assert.deepEqual(changes, path);
    });

  it('syn_sent … close_wait: the handshake was completed, the teardown has begun', () => {
    const { tell } = watch();
    tell(connecting(1, 9.99));
    const told = tell(row(socketId(1), 20, 'close_wait'));
    assert.ok(told.includes('handshake_completed @20') && told.includes('teardown_started @20'), told.join());
  });

  it('last_ack: the peer was first', () => {
    const { tell, connection } = established();
    tell(row(socketId(1), 20, 'last_ack'));
    assert.equal(connection().initiator, 'remote');
  });
});

describe('a state that no way leads to is not believed', () => {
  const impossible: readonly (readonly [TcpState, TcpState])[] = [
    ['close_wait', 'established'],
    ['close_wait', 'fin_wait_1'],
    ['fin_wait_2', 'fin_wait_1'],
    ['established', 'syn_sent'],
  ];
  for (const [known, said] of impossible)
    it(`${known} + row in ${said} → ${known}`, () => {
      const { tell, connection } = established();
      tell(row(socketId(1), 20, known));
      assert.deepEqual(tell(row(socketId(1), 21, said)), []);
      assert.equal(connection().state, known);
    });
});

describe('an edge that starts elsewhere: the one before it was lost', () => {
  it('established, then fin_wait_1 → fin_wait_2: our FIN went out', () => {
    const { tell, connection } = established();
    assert.deepEqual(tell(edge(1, 20, 'fin_wait_1', 'fin_wait_2')), [
      'established → fin_wait_1 @20 inferred',
      'teardown_started @20',
      'fin_wait_1 → fin_wait_2 @20',
    ]);
    assert.equal(connection().initiator, 'local');
  });

  it('established, then close_wait → last_ack: the peer’s FIN came', () => {
    const { tell, connection } = established();
    tell(edge(1, 20, 'close_wait', 'last_ack'));
    assert.equal(connection().initiator, 'remote');
    assert.deepEqual(steps(connection()).slice(3), ['fin.received @20 inferred', 'fin.sent @20']);
  });

  it('established, then last_ack → closed: both FINs and the last ACK', () => {
    const { tell, connection } = established();
    const told = tell(edge(1, 20, 'last_ack', 'closed', { finReceived: true }));
    assert.ok(told.includes('established → close_wait @20 inferred'), told.join());
    assert.deepEqual([connection().closeType, connection().initiator], ['fin', 'remote']);
  });

  it('established, then close_wait → closed with EPIPE: the peer’s FIN, then its RST', () => {
    const { tell, connection } = established();
    tell(edge(1, 20, 'close_wait', 'closed', { error: 'EPIPE' }));
    assert.deepEqual(steps(connection()).slice(3), ['fin.received @20 inferred', 'rst.received @20']);
    assert.equal(connection().initiator, 'remote');
  });

  it('established, then fin_wait_1 → closed with ECONNRESET: our FIN, then a RST', () => {
    const { tell, connection } = established();
    tell(edge(1, 20, 'fin_wait_1', 'closed', { error: 'ECONNRESET' }));
    assert.deepEqual([connection().closeType, connection().initiator], ['rst', 'local']);
  });

  it('fin_wait_1, then closing → CLOSE: both were first', () => {
    const { tell, connection } = established();
    tell(edge(1, 20, 'established', 'fin_wait_1'), edge(1, 21, 'closing', 'closed', { finReceived: true }));
    assert.deepEqual([connection().state, connection().initiator], ['time_wait', 'simultaneous']);
  });
});

describe('an edge that comes late', () => {
  it('is old news: established → close_wait after last_ack was found', () => {
    const { tell, connection } = established();
    tell(row(socketId(1), 20, 'last_ack'));
    assert.deepEqual(tell(edge(1, 19, 'established', 'close_wait')), []);
    assert.equal(connection().state, 'last_ack');
  });

  it('closed → syn_sent after connect() returned: the same SYN, no end of anything', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 10));
    assert.deepEqual(tell(edge(1, 9.999_99, 'closed', 'syn_sent')), []);
    assert.equal(connection().state, 'syn_sent');
  });

  it('closed → syn_sent after Node told of ESTABLISHED: no end of anything', () => {
    const { tell, connection } = established();
    assert.deepEqual(tell(edge(1, 9.99, 'closed', 'syn_sent')), []);
    assert.deepEqual(tell(edge(1, 9.999, 'syn_sent', 'established')), []);
    assert.equal(connection().state, 'established');
    assert.equal(connection().phase, 'open');
  });

  for (const [from, to, error] of [
    ['syn_sent', 'closed', 'ECONNREFUSED'],
    ['established', 'closed', 'ECONNRESET'],
  ] as const)
    it(`${from} → ${to} after the end was told by Node: not told again`, () => {
      const { tell, events } = watch();
      tell(connecting(1, 10));
      if (from === 'syn_sent')
        tell({ kind: 'socket_event', event: 'connect_failed', socket: 1, at: edge(1, 11, from, to).at, error });
      else
        tell(connected(1, 10.01), {
          ...{ kind: 'socket_event', event: 'closed', socket: 1, at: edge(1, 11, from, to).at, how: 'close' },
          ...{ error, bytesRead: 0, bytesWritten: 0 },
        });
      tell(edge(1, 10.99, from, to, { error }));
      const ends = events.filter(({ kind }) => kind === 'handshake_failed' || kind === 'teardown_completed');
      assert.equal(ends.length, 1);
    });
});
