import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { closed, connected, connecting, edge, ending, row, seconds, socketId, tcpInfo } from './observations.ts';
import { type Watch, watch } from './watch.ts';

/** Ours was the first FIN, and the descriptor is closed before the peer's came. */
function closedAt20(): Watch {
  const it = watch();
  it.tell(connecting(1, 9.99), connected(1, 10), closed(1, 20, { info: tcpInfo('established') }));
  return it;
}

const { cookie, tuple } = socketId(1);
/** As sock_diag shows a TIME_WAIT: no inode, no owner. */
const left = (at: number, expiresMs: number) =>
  row({ cookie, tuple }, at, 'time_wait', { timer: 'time_wait', expiresMs, uid: 0 });

describe('a TIME_WAIT that outlives its owner', () => {
  it('is claimed only from a row that was seen', () => {
    const { connection } = closedAt20();
    assert.notEqual(connection().state, 'time_wait');
  });

  it('closed + row in time_wait → time_wait; its teardown was told already', () => {
    const { tell, connection } = closedAt20();
    assert.deepEqual(tell(left(21.5, 58_500)), [
      'established → fin_wait_1 @21.5 inferred',
      'fin_wait_1 → time_wait @21.5 inferred',
    ]);
    assert.equal(connection().state, 'time_wait');
    assert.equal(connection().initiator, 'local');
  });

  it('ends when the kernel’s timer does', () => {
    const { tracker, tell, advance } = closedAt20();
    tell(left(21.5, 58_500));
    assert.equal(tracker.nextDeadline(), seconds(80));
    assert.deepEqual(advance(79.999), []);
    assert.deepEqual(advance(80), ['time_wait → closed @80 inferred', 'forgotten over']);
    assert.equal(tracker.nextDeadline(), undefined);
    assert.deepEqual(tracker.counts(), { connections: 0, released: 0, evicted: 0, lost: 0, strangersDropped: 0 });
  });

  it('looked at again → the same end', () => {
    const { tracker, tell } = closedAt20();
    tell(left(21.5, 58_500));
    assert.deepEqual(tell(left(31.5, 48_500)), []);
    assert.equal(tracker.nextDeadline(), seconds(80));
  });

  it('a row that does not show the timer → ends after 2 MSL at the latest', () => {
    const { tell, advance } = closedAt20();
    tell(row({ tuple }, 22, 'time_wait', { source: 'netstat' }));
    assert.deepEqual(advance(82), ['time_wait → closed @82 inferred', 'forgotten over']);
  });

  it('both FINs before the descriptor closed: the minisock is found, no stranger', () => {
    const { tracker, tell } = watch();
    tell(connecting(1, 9.99), connected(1, 10), ending(1, 20, tcpInfo('established')));
    tell(closed(1, 20.05, { info: tcpInfo('closed', { bytesReceived: 1 }) }));
    tell(left(21, 59_000));
    assert.equal(tracker.takeStrangers().length, 0);
    const [connection] = tracker.connections();
    assert.equal(connection?.state, 'time_wait');
  });
});

describe('TIME_WAIT told by the kernel', () => {
  it('ends after 2 MSL', () => {
    const { tracker, tell, advance } = watch();
    tell(connecting(1, 9.99), connected(1, 10), edge(1, 20, 'established', 'fin_wait_1'));
    tell(edge(1, 20.1, 'fin_wait_1', 'fin_wait_2'), edge(1, 21, 'fin_wait_2', 'closed', { finReceived: true }));
    assert.equal(tracker.nextDeadline(), seconds(81));
    assert.deepEqual(advance(81), ['time_wait → closed @81 inferred', 'forgotten over']);
  });

  it('after this process closed its descriptor → ends after 2 MSL as well', () => {
    const { tell, advance } = closedAt20();
    tell(edge(1, 20.001, 'established', 'fin_wait_1'), edge(1, 20.1, 'fin_wait_1', 'fin_wait_2'));
    tell(edge(1, 21, 'fin_wait_2', 'closed', { finReceived: true }));
    assert.deepEqual(advance(80.9), []);
    assert.deepEqual(advance(81), ['time_wait → closed @81 inferred', 'forgotten over']);
  });
});

describe('closed by this process, never seen again', () => {
  it('is remembered for ten minutes, in case that the kernel still shows it, and then forgotten without a claim', () => {
    const { tracker, advance } = closedAt20();
    assert.equal(tracker.nextDeadline(), seconds(620));
    assert.deepEqual(advance(619), []);
    assert.deepEqual(advance(620), ['forgotten over']);
  });

  it('what is over in the kernel is forgotten at once', () => {
    const { tracker, tell } = watch();
    tell(connecting(1, 9.99), connected(1, 10), closed(1, 20, { info: tcpInfo('close_wait') }));
    const told = tell(edge(1, 20.001, 'close_wait', 'last_ack'), edge(1, 20.02, 'last_ack', 'closed'));
    assert.equal(told.at(-1), 'forgotten over');
    assert.equal(tracker.counts().connections, 0);
  });
});
