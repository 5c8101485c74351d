import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Row } from '../../src/connection/observation.ts';
import { viewOf } from '../../src/connection/view.ts';
import { closed, connected, connecting, edge, ending, look, row, seconds, socketId, tcpInfo } from './observations.ts';
import { type Watch, watch } from './watch.ts';

/** RFC 9293, section 3.6: CLOSE means "I have no more data to send". Receiving goes on until the peer closes too. */
function halfClosed(): Watch {
  const it = watch();
  it.tell(connecting(1, 9.99), connected(1, 10), ending(1, 20, tcpInfo('established')));
  return it;
}

function progressOver(rows: readonly Row[], { tell, connection } = halfClosed()): number[] {
  return rows.map((one) => {
    tell(one);
    return connection().progress;
  });
}

function inFinWait2(at: number, bytesReceived: number, receiveQueue: number, bytesAcked = 8): Row {
  return look(1, at, 'fin_wait_2', { info: tcpInfo('fin_wait_2', { bytesReceived, bytesAcked }), receiveQueue });
}

describe('shutdown(SHUT_WR) while the peer still sends', () => {
  it('stays in fin_wait_2 for as long as the peer likes, and is told to have begun to end, not to have ended', () => {
    const { tell, events, connection } = halfClosed();
    tell(inFinWait2(25, 1000, 0), inFinWait2(3000, 2000, 0));
    assert.equal(connection().state, 'fin_wait_2');
    assert.equal(connection().phase, 'open');
    assert.equal(events.filter(({ kind }) => kind === 'teardown_started').length, 1);
    assert.ok(!events.some(({ kind }) => kind === 'teardown_completed'));
  });

  it('bytes that the process read since the last look are progress', () => {
    const [first = 0, second = 0, third = 0] = progressOver([
      inFinWait2(25, 1000, 0),
      inFinWait2(30, 2000, 0),
      inFinWait2(35, 2000, 0),
    ]);
    assert.ok(second > first);
    assert.equal(third, second);
  });

  it('bytes that merely arrived are none: nobody has read them', () => {
    const [first, second] = progressOver([inFinWait2(25, 1000, 0), inFinWait2(30, 1500, 500)]);
    assert.equal(second, first);
  });

  it('bytes that the peer acknowledged are progress', () => {
    const [first = 0, second = 0] = progressOver([inFinWait2(25, 1000, 0, 8), inFinWait2(30, 1000, 0, 9)]);
    assert.ok(second > first);
  });

  it('where only queues are shown, a queue that changed is progress', () => {
    const queues = [100, 100, 60].map((receiveQueue, index) =>
      row(socketId(1), 25 + index, 'fin_wait_2', { source: 'procfs', receiveQueue }),
    );
    const withoutKernel = watch();
    withoutKernel.tell(connecting(1, 9.99), connected(1, 10), ending(1, 20));
    const [first = 0, second = 0, third = 0] = progressOver(queues, withoutKernel);
    assert.equal(second, first);
    assert.ok(third > second);
  });

  it('the peer’s FIN ends it while the descriptor is still open; its close then tells nothing more', () => {
    const { tell, connection } = halfClosed();
    tell(edge(1, 20.000_1, 'established', 'fin_wait_1'), edge(1, 20.01, 'fin_wait_1', 'fin_wait_2'));
    assert.deepEqual(tell(edge(1, 50, 'fin_wait_2', 'closed', { finReceived: true })), [
      'fin_wait_2 → time_wait @50',
      'teardown_completed @50',
    ]);
    assert.deepEqual(tell(closed(1, 51, { info: tcpInfo('closed'), bytesRead: 9 })), []);
    assert.equal(viewOf(connection(), seconds(52)).state, 'time_wait');
  });
});

describe('the peer half-closes and this side still sends', () => {
  it('close_wait with bytes acknowledged is progress: no leak', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 9.99), connected(1, 10));
    const sending = (at: number, bytesAcked: number) =>
      look(1, at, 'close_wait', { info: tcpInfo('close_wait', { bytesAcked, bytesReceived: 1 }) });
    const seen = [sending(20, 100), sending(25, 200), sending(30, 200)].map((one) => {
      tell(one);
      return connection().progress;
    });
    assert.ok((seen[1] ?? 0) > (seen[0] ?? 0));
    assert.equal(seen[2], seen[1]);
  });
});

describe('lookers that count differently are not taken for progress', () => {
  const stuck = (at: number) => row(socketId(1), at, 'close_wait', { source: 'procfs', receiveQueue: 101 });

  it('rows without counters, after the handshake told some', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 9.99), connected(1, 10, { info: tcpInfo('established', { rttUs: 10_000 }) }));
    tell(stuck(20));
    const { progress } = connection();
    tell(stuck(25), stuck(30));
    assert.equal(connection().progress, progress);
  });

  it('a sweep between two looks by way of the descriptor: the descriptor knows best', () => {
    const { tell, connection } = watch();
    tell(connecting(1, 9.99), connected(1, 10));
    const own = (at: number) =>
      look(1, at, 'close_wait', { info: tcpInfo('close_wait', { bytesReceived: 200 }), receiveQueue: 101 });
    tell(own(20));
    const { progress } = connection();
    tell(stuck(21), own(25), stuck(26), own(30));
    assert.equal(connection().progress, progress);
    assert.equal(connection().receiveQueue, 101);
  });
});
