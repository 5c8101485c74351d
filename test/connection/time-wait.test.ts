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

function closedAfterTheKernelSpoke(): Watch {
  const it = watch();
  it.tell(connecting(1, 9.99), edge(1, 10, 'syn_sent', 'established'), connected(1, 10.001));
  it.tell(closed(1, 20));
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
    const { tracker, tell } = closedAt20();
    assert.deepEqual(tell(left(21.5, 58_500)), [
      'established → fin_wait_1 @20 inferred',
      'fin_wait_1 → time_wait @21.5 inferred',
    ]);
    const [found] = tracker.connections();
    assert.deepEqual([found?.state, found?.role, found?.initiator], ['time_wait', 'client', 'local']);
  });

  it('ends when the kernel’s timer does', () => {
    const { tracker, tell, advance } = closedAt20();
    tell(left(21.5, 58_500));
    assert.deepEqual(advance(79.999), []);
    assert.deepEqual(advance(80), ['time_wait → closed @80 inferred', 'forgotten over']);
    assert.deepEqual(tracker.counts(), { connections: 0, released: 0, evicted: 0, lost: 0, strangersDropped: 0 });
  });

  it('looked at again → the same end', () => {
    const { tell } = closedAt20();
    tell(left(21.5, 58_500));
    assert.deepEqual(tell(left(31.5, 48_500)), []);
  });

  it('a row that does not show the timer → ends after 2 MSL at the latest', () => {
    const { tell, advance } = closedAt20();
    tell(row({ cookie, tuple }, 22, 'time_wait'));
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
    const { tell, advance } = watch();
    tell(connecting(1, 9.99), connected(1, 10), edge(1, 20, 'established', 'fin_wait_1'));
    tell(edge(1, 20.1, 'fin_wait_1', 'fin_wait_2'), edge(1, 21, 'fin_wait_2', 'closed', { finReceived: true }));
    assert.deepEqual(advance(81), ['time_wait → closed @81 inferred', 'forgotten over']);
  });

  it('after this process closed its descriptor → ends after 2 MSL as well', () => {
    const { tell, advance } = closedAfterTheKernelSpoke();
    tell(edge(1, 20.001, 'established', 'fin_wait_1'), edge(1, 20.1, 'fin_wait_1', 'fin_wait_2'));
    tell(edge(1, 21, 'fin_wait_2', 'closed', { finReceived: true }));
    assert.deepEqual(advance(80.9), []);
    assert.deepEqual(advance(81), ['time_wait → closed @81 inferred', 'forgotten over']);
  });

  it('last_ack → closed after this process closed its descriptor → over, forgotten at once', () => {
    const { tracker, tell } = closedAfterTheKernelSpoke();
    tell(edge(1, 19.9, 'established', 'close_wait'), edge(1, 20.001, 'close_wait', 'last_ack'));
    assert.equal(tell(edge(1, 20.02, 'last_ack', 'closed')).at(-1), 'forgotten over');
    assert.equal(tracker.counts().connections, 0);
  });

  it('an answer of TCP_INFO at the close does not make less of a source that sees every edge', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 9.99), edge(1, 10, 'syn_sent', 'established'));
    tell(closed(1, 20, { info: tcpInfo('established') }));
    assert.equal(connection().source, 'ebpf');
  });

  it('edges that come after this process told of the close do not tell the teardown again', () => {
    const { tell, events } = closedAt20();
    tell(edge(1, 20.001, 'established', 'fin_wait_1'), edge(1, 20.1, 'fin_wait_1', 'fin_wait_2'));
    tell(edge(1, 21, 'fin_wait_2', 'closed', { finReceived: true }));
    assert.equal(events.filter(({ kind }) => kind === 'teardown_completed').length, 1);
    assert.equal(events.filter(({ kind }) => kind === 'teardown_started').length, 1);
  });
});

describe('closed by this process', () => {
  it('with a cookie: forgotten at once, and known again when the kernel still shows it', () => {
    const { tracker, tell, events } = closedAt20();
    assert.equal(events.at(-1)?.kind, 'forgotten');
    assert.equal(tracker.counts().connections, 0);
    tell(row(socketId(1), 25, 'close_wait'));
    const [found] = tracker.connections();
    assert.deepEqual([found?.role, found?.phase, found?.endedAt], ['client', 'released', seconds(20)]);
    assert.ok(found && tracker.suspects().has(found));
    assert.equal(events.filter(({ kind }) => kind === 'teardown_completed').length, 1);
  });

  it('an exporter’s own stays an exporter’s own', () => {
    const { tracker, tell } = watch();
    tell(connecting(1, 9.99, { suppressed: true }), connected(1, 10), closed(1, 20), left(21, 59_000));
    const [found] = tracker.connections();
    assert.equal(found?.suppressed, true);
  });

  it('without one: remembered for ten minutes, in case that the kernel still shows its four-tuple', () => {
    const { tell, advance } = watch();
    tell(connecting(1, 9.99, { id: { tuple } }), connected(1, 10), closed(1, 20));
    assert.deepEqual(advance(619), []);
    assert.deepEqual(advance(620), ['forgotten over']);
  });

  it('without one: a row of the four-tuple without the kernel’s timer → TIME_WAIT ends after 2 MSL at the latest', () => {
    const { tell, advance } = watch();
    tell(connecting(1, 9.99, { id: { tuple } }), connected(1, 10), closed(1, 20));
    tell(row({ tuple }, 22, 'time_wait', { source: 'netstat' }));
    assert.deepEqual(advance(82), ['time_wait → closed @82 inferred', 'forgotten over']);
  });
});
