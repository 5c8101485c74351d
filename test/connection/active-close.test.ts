import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { viewOf } from '../../src/connection/view.ts';
import { closed, connected, connecting, edge, ending, row, seconds, socketId, tcpInfo } from './observations.ts';
import { steps, type Watch, watch } from './watch.ts';

function establishedAt(at: number): Watch {
  const it = watch();
  it.tell(connecting(1, at - 0.01), connected(1, at));
  return it;
}

describe('four-way teardown, this side first, told by this process', () => {
  it('established + end() → our FIN, the state unchanged until the kernel was seen to send it', () => {
    const { tell, connection } = establishedAt(10);
    assert.deepEqual(tell(ending(1, 20, tcpInfo('established'))), ['teardown_started @20']);
    assert.equal(connection().initiator, 'local');
    assert.equal(connection().state, 'established');
    assert.deepEqual(steps(connection()).slice(3), ['fin.sent @20 inferred']);
  });

  it('the peer’s FIN came too and the kernel’s socket is in CLOSE → both finished, teardown complete', () => {
    const { tell, connection } = establishedAt(10);
    tell(ending(1, 20, tcpInfo('established', { bytesReceived: 40 })));
    // 40 bytes read, and one more counted: the FIN.
    const info = tcpInfo('closed', { bytesReceived: 41, lastAckReceivedMs: 1 });
    const told = tell(closed(1, 20.05, { info, bytesRead: 40, bytesWritten: 7 }));
    assert.ok(told.includes('teardown_completed @20.05'));
    assert.ok(!told.some((event) => event.startsWith('teardown_started')));
    const view = viewOf(connection(), seconds(21));
    assert.equal(view.closeType, 'fin');
    assert.equal(view.initiator, 'local');
    assert.equal(view.error, undefined);
    assert.deepEqual(
      view.steps.slice(3).map(({ name, inferred }) => [name, inferred]),
      [
        ['fin.sent', true],
        ['fin.received', true],
      ],
    );
  });

  it('established + destroy() with nothing unread → a FIN, and the teardown told up to here', () => {
    const { tell, connection } = establishedAt(10);
    const info = tcpInfo('established', { bytesReceived: 40 });
    assert.deepEqual(tell(closed(1, 20, { info, bytesRead: 40 })), [
      'teardown_started @20',
      'teardown_completed @20',
      'forgotten over',
    ]);
    const view = viewOf(connection(), seconds(21));
    assert.deepEqual([view.closeType, view.initiator, view.released], ['fin', 'local', true]);
    assert.deepEqual(steps(connection()).slice(3), ['fin.sent @20 inferred']);
    // Nobody in this process saw FIN_WAIT: the state stays the one last seen.
    assert.equal(view.state, 'established');
  });

  it('where the kernel cannot be asked, who was first is not claimed', () => {
    const { tell, connection } = establishedAt(10);
    tell(ending(1, 20), closed(1, 20.05, { bytesRead: 40, bytesWritten: 7 }));
    const view = viewOf(connection(), seconds(21));
    assert.deepEqual([view.closeType, view.initiator], ['fin', 'unknown']);
    assert.deepEqual([view.bytesReceived, view.bytesSent], [40, 7]);
  });

  it('fin_wait_2 found at the close of the descriptor → fin_wait_1 was passed', () => {
    const { tell, connection } = establishedAt(10);
    tell(ending(1, 20, tcpInfo('established')));
    const told = tell(closed(1, 25, { info: tcpInfo('fin_wait_2', { lastAckReceivedMs: 4900 }) }));
    assert.deepEqual(told, [
      'established → fin_wait_1 @20 inferred',
      'fin_wait_1 → fin_wait_2 @20.1 inferred',
      'teardown_completed @25',
      'forgotten over',
    ]);
    assert.deepEqual(steps(connection()).slice(3), ['fin.sent @20 inferred', 'fin.acked @20.1 inferred']);
  });
});

describe('after an hour without a segment, end() and destroy() before the peer answers', () => {
  const silent = tcpInfo('fin_wait_1', { lastAckReceivedMs: 3_600_000 });

  it('fin_wait_1 is no older than end(): the last segment that came says nothing of the FIN that went', () => {
    const { tell, connection } = establishedAt(10);
    tell(
      ending(1, 4000, tcpInfo('established', { lastAckReceivedMs: 3_600_000 })),
      closed(1, 4000.001, { info: silent }),
    );
    assert.ok((connection().changes[0]?.at ?? 0) >= seconds(4000), `${connection().changes[0]?.at}`);
  });

  it('the teardown does not begin before it did', () => {
    const { tell, connection } = establishedAt(10);
    tell(closed(1, 4000, { info: silent }));
    assert.equal(connection().finSent?.at, seconds(4000));
  });
});

describe('four-way teardown, this side first, told by the kernel', () => {
  it('established → fin_wait_1 → fin_wait_2 → CLOSE with the FIN received = time_wait', () => {
    const { tell, connection } = establishedAt(10);
    assert.deepEqual(tell(edge(1, 20, 'established', 'fin_wait_1')), [
      'established → fin_wait_1 @20',
      'teardown_started @20',
    ]);
    assert.deepEqual(tell(edge(1, 20.01, 'fin_wait_1', 'fin_wait_2')), ['fin_wait_1 → fin_wait_2 @20.01']);
    assert.deepEqual(tell(edge(1, 20.05, 'fin_wait_2', 'closed', { finReceived: true })), [
      'fin_wait_2 → time_wait @20.05',
      'teardown_completed @20.05',
    ]);
    assert.deepEqual(steps(connection()).slice(3), ['fin.sent @20', 'fin.acked @20.01', 'fin.received @20.05']);
    const view = viewOf(connection(), seconds(21));
    assert.deepEqual([view.state, view.initiator, view.closeType], ['time_wait', 'local', 'fin']);
    assert.equal(view.source, 'ebpf');
    assert.ok(view.changes.every(({ inferred }) => !inferred));
  });

  it('fin_wait_2 → CLOSE without the peer’s FIN: an orphan lives on as a minisock, no TIME_WAIT yet', () => {
    const { tell, connection } = establishedAt(10);
    tell(edge(1, 20, 'established', 'fin_wait_1'), edge(1, 20.01, 'fin_wait_1', 'fin_wait_2'));
    tell(edge(1, 20.010_025, 'fin_wait_2', 'closed'));
    assert.equal(connection().state, 'fin_wait_2');
    assert.equal(connection().finReceived, undefined);
  });

  it('the orphan’s descriptor is gone: it is released, and does not stay for ever when nobody sees its end', () => {
    const { tracker, tell, advance, connection } = establishedAt(10);
    tell(edge(1, 20, 'established', 'fin_wait_1'), edge(1, 20.01, 'fin_wait_1', 'fin_wait_2'));
    tell(edge(1, 20.010_025, 'fin_wait_2', 'closed'));
    assert.equal(connection().phase, 'released');
    advance(3600);
    assert.equal(tracker.counts().connections, 0);
  });

  it('the peer’s FIN changes the minisock to time_wait without a tracepoint: a row shows it', () => {
    const { tell, connection } = establishedAt(10);
    tell(edge(1, 20, 'established', 'fin_wait_1'), edge(1, 20.01, 'fin_wait_1', 'fin_wait_2'));
    tell(edge(1, 20.010_025, 'fin_wait_2', 'closed'));
    const told = tell(row(socketId(1), 25, 'time_wait', { timer: 'time_wait', expiresMs: 57_000 }));
    assert.equal(told.at(0), 'fin_wait_2 → time_wait @25 inferred');
    assert.equal(connection().finReceived?.inferred, true);
  });

  it('close() of a socket in fin_wait_2 shows fin_wait_2 → fin_wait_2: no change', () => {
    const { tell } = establishedAt(10);
    tell(edge(1, 20, 'established', 'fin_wait_1'), edge(1, 20.01, 'fin_wait_1', 'fin_wait_2'));
    assert.deepEqual(tell(edge(1, 30, 'fin_wait_2', 'fin_wait_2')), []);
  });
});
