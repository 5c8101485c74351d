import assert from 'node:assert/strict';
import { it } from 'node:test';
import { viewOf } from '../../src/connection/view.ts';
import { endpoint } from '../../src/tcp/endpoint.ts';
import { closed, connected, connecting, seconds, socketId } from './observations.ts';
import { watch } from './watch.ts';

/** RFC 8305, section 5, as Node does it (`autoSelectFamily`): one attempt at a time, a new socket for each address. */
const v6 = {
  ...socketId(1),
  tuple: { local: endpoint('2001:db8::1', 40_001), peer: endpoint('2001:db8::2', 80) },
};

it('two addresses tried = two connections: the first given up, the second made', () => {
  const { tracker, tell, events } = watch();
  const calledAt = seconds(9.99);
  assert.deepEqual(tell(connecting(1, 10, { id: v6, calledAt, attempt: 1 })), ['handshake_started @10']);
  assert.deepEqual(tell(closed(1, 10.25)), ['handshake_failed ECONNABORTED @10.25', 'forgotten over']);
  assert.deepEqual(tell(connecting(2, 10.25, { calledAt, attempt: 2 })), ['handshake_started @10.25']);
  assert.deepEqual(tell(connected(2, 10.27)), ['syn_sent → established @10.27', 'handshake_completed @10.27']);

  const [first, second] = [...new Set(events.map((event) => event.connection))];
  assert.ok(first && second && tracker.get(2) === second);
  const [lost, won] = [viewOf(first, seconds(11)), viewOf(second, seconds(11))];
  assert.deepEqual([lost.attempt, won.attempt], [1, 2]);
  assert.notEqual(lost.id, won.id);
  assert.deepEqual([lost.peer?.address, won.peer?.address], ['2001:db8::2', '10.0.0.2']);
  // What lies between connect() and this SYN: the look-up, and the attempts before.
  assert.deepEqual([lost.beforeSyn, won.beforeSyn], [0.01, 0.26]);
  assert.deepEqual(lost.requested, won.requested);
});

it('the attempt that lost says nothing of the one that won', () => {
  const { tracker, tell } = watch();
  tell(connecting(1, 10, { id: v6 }), connecting(2, 10.25, { attempt: 2 }), connected(2, 10.27));
  tell(closed(1, 10.3));
  assert.equal(tracker.get(2)?.state, 'established');
  assert.equal(tracker.get(2)?.error, undefined);
  assert.equal(tracker.counts().connections, 1);
});
