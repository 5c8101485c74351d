import assert from 'node:assert/strict';
import { it } from 'node:test';
import { viewOf } from '../../src/connection/view.ts';
import { closed, connected, connecting, edge, ending, row, seconds, socketId, tcpInfo } from './observations.ts';
import { steps, type Watch, watch } from './watch.ts';

/** RFC 9293, section 3.6, case 3: the two FINs cross on the wire. */
function established(): Watch {
  const it = watch();
  it.tell(connecting(1, 9.99), connected(1, 10));
  return it;
}

it('fin_wait_1 + FIN → closing + ACK of FIN → time_wait, as the kernel tells it', () => {
  const { tell, connection } = established();
  const told = tell(
    edge(1, 20, 'established', 'fin_wait_1'),
    edge(1, 20.02, 'fin_wait_1', 'closing', { finReceived: true }),
    edge(1, 20.04, 'closing', 'closed', { finReceived: true }),
  );
  assert.deepEqual(told, [
    'established → fin_wait_1 @20',
    'teardown_started @20',
    'fin_wait_1 → closing @20.02',
    'closing → time_wait @20.04',
    'teardown_completed @20.04',
  ]);
  assert.deepEqual(steps(connection()).slice(3), ['fin.sent @20', 'fin.received @20.02', 'fin.acked @20.04']);
  const { initiator, closeType, state } = viewOf(connection(), seconds(21));
  assert.deepEqual([initiator, closeType, state], ['simultaneous', 'fin', 'time_wait']);
});

it('closing found by looking → both were first', () => {
  const { tell, connection } = established();
  tell(row(socketId(1), 20, 'closing'));
  assert.equal(connection().initiator, 'simultaneous');
  assert.deepEqual(
    connection().changes.map(({ to, inferred }) => [to, inferred]),
    [
      ['fin_wait_1', true],
      ['closing', true],
    ],
  );
});

it('closing found at the close of the descriptor → both were first', () => {
  const { tell, connection } = established();
  tell(ending(1, 20, tcpInfo('established')));
  tell(closed(1, 20.03, { info: tcpInfo('closing', { lastAckReceivedMs: 10, bytesReceived: 1 }) }));
  assert.equal(connection().initiator, 'simultaneous');
  assert.equal(connection().closeType, 'fin');
  assert.deepEqual(steps(connection()).slice(3), ['fin.sent @20 inferred', 'fin.received @20.02 inferred']);
});
