import assert from 'node:assert/strict';
import { it } from 'node:test';
import { viewOf } from '../../src/connection/view.ts';
import { connected, connecting, edge, row, seconds, socketId } from './observations.ts';
import { steps, watch } from './watch.ts';

/** RFC 9293, figure 5, note 2. Linux still shows FIN_WAIT2 on the way, and all of it within microseconds. */
it('fin_wait_1 + FIN that acknowledges ours → time_wait, as Linux shows it', () => {
  const { tell, connection } = watch();
  tell(connecting(1, 9.99), connected(1, 10));
  const told = tell(
    edge(1, 20, 'established', 'fin_wait_1'),
    edge(1, 20.001, 'fin_wait_1', 'fin_wait_2'),
    edge(1, 20.001_007, 'fin_wait_2', 'closed', { finReceived: true }),
  );
  assert.deepEqual(told, [
    'established → fin_wait_1 @20',
    'teardown_started @20',
    'fin_wait_1 → fin_wait_2 @20.001',
    'fin_wait_2 → time_wait @20.001007',
    'teardown_completed @20.001007',
  ]);
  assert.deepEqual(steps(connection()).slice(3), ['fin.sent @20', 'fin.acked @20.001', 'fin.received @20.001007']);
  const { closeType, initiator } = viewOf(connection(), seconds(21));
  assert.deepEqual([closeType, initiator], ['fin', 'local']);
});

it('fin_wait_1, then time_wait in the next look: the FIN was received and ours acknowledged', () => {
  const { tell, connection } = watch();
  tell(connecting(1, 9.99), connected(1, 10), row(socketId(1), 20, 'fin_wait_1'));
  assert.deepEqual(tell(row(socketId(1), 21, 'time_wait')), [
    'fin_wait_1 → time_wait @21 inferred',
    'teardown_completed @21',
  ]);
  assert.deepEqual(steps(connection()).slice(3), [
    'fin.sent @20 inferred',
    'fin.received @21 inferred',
    'fin.acked @21 inferred',
  ]);
});
