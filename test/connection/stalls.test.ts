import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { viewOf } from '../../src/connection/view.ts';
import { closed, connected, connecting, look, row, seconds, socketId, sweepEnd, tcpInfo } from './observations.ts';
import { type Watch, watch } from './watch.ts';

function established(): Watch {
  const it = watch();
  it.tell(connecting(1, 9.99), connected(1, 10));
  return it;
}

const suspects = ({ tracker }: Watch) => tracker.suspects().size;

/** Of the four-tuple of the n-th socket, as a sweep passes it by. */
const glance = (n: number, cookie = 0x100 + n) => {
  const { tuple } = socketId(n);
  return {
    state: 'fin_wait_2' as const,
    cookie,
    inode: 0,
    localPort: tuple?.local.port ?? 0,
    peerPort: tuple?.peer.port ?? 0,
    fourTuple: tuple ?? assert.fail(),
    receiveQueue: 0,
    sendQueue: 0,
    expiresMs: undefined,
  };
};

describe('a SYN', () => {
  it('that was sent once → no suspect; sent again → one; answered → none', () => {
    const it = watch();
    it.tell(connecting(1, 10), look(1, 10.5, 'syn_sent', { sendQueue: 1, info: tcpInfo('syn_sent') }));
    assert.equal(suspects(it), 0);
    it.tell(look(1, 11.5, 'syn_sent', { sendQueue: 1, info: tcpInfo('syn_sent', { retransmitsInARow: 1 }) }));
    assert.equal(suspects(it), 1);
    it.tell(connected(1, 12));
    assert.equal(suspects(it), 0);
  });

  it('that a table without counters shows → a suspect', () => {
    const it = watch();
    it.tell(connecting(1, 10));
    assert.equal(suspects(it), 0);
    it.tell(row(socketId(1), 11, 'syn_sent', { source: 'netstat' }));
    assert.equal(suspects(it), 1);
  });
});

describe('bytes that are not acknowledged', () => {
  const info = (fields: object) => tcpInfo('established', { bytesSent: 500, bytesAcked: 101, ...fields });

  it('on their way for the first time → no suspect; sent again, or held by a shut window → one', () => {
    for (const [fields, count] of [
      [{}, 0],
      [{ retransmitsInARow: 1 }, 1],
      [{ backoff: 1 }, 1],
      [{ probes: 1 }, 1],
    ] as const) {
      const it = established();
      it.tell(look(1, 20, 'established', { sendQueue: 400, info: info(fields) }));
      assert.equal(suspects(it), count, JSON.stringify(fields));
    }
  });

  it('a keep-alive probe on an idle connection → no suspect', () => {
    const it = established();
    it.tell(look(1, 20, 'established', { sendQueue: 0, info: tcpInfo('established', { probes: 3, backoff: 3 }) }));
    assert.equal(suspects(it), 0);
  });

  it('what is read is progress, and none of what is sent', () => {
    const it = established();
    const seen = (at: number, bytesReceived: number, bytesAcked: number) => {
      it.tell(look(1, at, 'established', { sendQueue: 400, info: info({ bytesReceived, bytesAcked, backoff: 3 }) }));
      const { progress, ackProgress, ackProgressAge } = viewOf(it.connection(), seconds(at));
      return [progress, ackProgress, ackProgressAge];
    };
    assert.deepEqual(seen(20, 0, 101), [1, 1, 0]);
    assert.deepEqual(seen(25, 50, 101), [2, 1, 5]);
    assert.deepEqual(seen(30, 50, 101), [2, 1, 10]);
    assert.deepEqual(seen(35, 50, 102), [3, 2, 0]);
  });

  it('an orphan’s are suspicious, too: its descriptor is closed, and nobody takes what it wrote', () => {
    const it = established();
    it.tell(closed(1, 20, { info: tcpInfo('established', { bytesSent: 500 }) }));
    const stuck = tcpInfo('fin_wait_1', { bytesSent: 500, backoff: 3 });
    it.tell(row(socketId(1), 21, 'fin_wait_1', { sendQueue: 401, info: stuck }));
    assert.equal(suspects(it), 1);
    it.tell(row(socketId(1), 22, 'fin_wait_2'));
    assert.equal(suspects(it), 1);
    it.tell(sweepEnd(22.5, 23, ['close_wait', 'fin_wait_1', 'fin_wait_2']));
    assert.equal(it.tracker.counts().connections, 0);
  });
});

describe('an orphan in FIN_WAIT_2', () => {
  /** Closed at 20, and only its cookie kept. */
  function closedAt20(): Watch {
    const it = established();
    it.tell(closed(1, 20, { info: tcpInfo('established') }));
    assert.equal(it.tracker.counts().connections, 0);
    return it;
  }

  it('is recalled by its cookie, with its line, and counts from when it was closed', () => {
    const it = watch();
    const site = { frames: () => ['hangUp (/app/client.js:3:1)'] };
    it.tell(connecting(1, 9.99, { site }), connected(1, 10), closed(1, 20, { info: tcpInfo('established') }));
    it.tell(row({ ...socketId(1), inode: undefined }, 25, 'fin_wait_2'));
    const [orphan] = it.tracker.suspects();
    assert.ok(orphan);
    const { state, stateAge, released, role, callSite } = viewOf(orphan, seconds(55));
    assert.deepEqual(
      { state, stateAge, released, role, callSite },
      { state: 'fin_wait_2', stateAge: 35, released: true, role: 'client', callSite: site.frames() },
    );
  });

  it('a whole sweep without it → gone', () => {
    const it = closedAt20();
    it.tell(row({ ...socketId(1), inode: undefined }, 25, 'fin_wait_2'), sweepEnd(24, 26, ['fin_wait_2']));
    assert.equal(suspects(it), 1);
    it.tell(sweepEnd(29, 30, ['close_wait']));
    assert.equal(suspects(it), 1);
    it.tell(sweepEnd(34, 35, ['fin_wait_2'], { whole: false }));
    assert.equal(suspects(it), 1);
    it.tell(sweepEnd(39, 40, ['fin_wait_2']));
    assert.deepEqual([suspects(it), it.tracker.counts().connections], [0, 0]);
  });

  it('is remembered from half a second after it was closed: most are over by then', () => {
    const { tracker } = closedAt20();
    assert.equal(tracker.remembers(glance(1), seconds(20.499)), false);
    assert.equal(tracker.remembers(glance(1), seconds(20.5)), true);
    assert.equal(tracker.remembers(glance(2), seconds(30)), false);
  });

  it('once recalled, it is remembered for as long as it is there', () => {
    const it = closedAt20();
    it.tell(row({ ...socketId(1), inode: undefined }, 25, 'fin_wait_2'));
    for (let n = 2; n < 200; n++)
      it.tell(connecting(n, 26), connected(n, 26), closed(n, 26.1, { info: tcpInfo('established') }));
    assert.equal(it.tracker.remembers(glance(1), seconds(30)), true);
    it.tell(sweepEnd(29, 30, ['fin_wait_2']));
    assert.equal(it.tracker.remembers(glance(1), seconds(30)), false);
  });

  it('where there are no cookies: by its ports, then by its four-tuple', () => {
    const it = watch();
    const { tuple } = socketId(1);
    it.tell(connecting(1, 9.99, { id: { tuple } }), connected(1, 10), closed(1, 20));
    assert.equal(it.tracker.remembers(glance(1, 0), seconds(25)), true);
    assert.equal(it.tracker.remembers(glance(2, 0), seconds(25)), false);
    it.tell(row({ tuple }, 25, 'fin_wait_2', { source: 'procfs' }));
    assert.equal(suspects(it), 1);
    it.tell(sweepEnd(26, 30, ['fin_wait_2'], { source: 'procfs' }));
    assert.equal(suspects(it), 0);
    assert.equal(it.tracker.remembers(glance(1, 0), seconds(31)), false);
  });

  it('of another process takes no room', () => {
    const it = watch();
    for (let n = 0; n < 100; n++) it.tell(row({ ...socketId(n), inode: undefined }, 20, 'fin_wait_2'));
    assert.deepEqual(it.tracker.takeStrangers(), []);
    assert.equal(it.tracker.counts().strangersDropped, 0);
  });
});

it('a look that began before the descriptor was closed shows it as it was → no news, and no stranger', () => {
  const it = established();
  it.tell(closed(1, 20, { info: tcpInfo('close_wait') }), row(socketId(1), 20.1, 'close_wait'));
  assert.deepEqual([suspects(it), it.tracker.takeStrangers().length], [0, 0]);
  it.tell(row(socketId(1), 21, 'close_wait'));
  assert.equal(suspects(it), 1);
});

it('where there are no cookies, too: a page of the table that was read before → no news', () => {
  const it = watch();
  const { tuple, inode } = socketId(1);
  it.tell(connecting(1, 9.99, { id: { inode, tuple } }), connected(1, 10), closed(1, 20));
  it.tell(row({ inode, tuple }, 20.4, 'close_wait', { source: 'procfs' }));
  assert.equal(suspects(it), 0);
  it.tell(row({ inode, tuple }, 20.5, 'close_wait', { source: 'procfs' }));
  assert.equal(suspects(it), 1);
});

it('of 10,000 orphans of other processes none is taken for one of 65,000 that were closed here', () => {
  const { tracker, tell } = watch({ maxConnections: 100_000, maxReleased: 10_000 });
  const closed = { role: 'client', site: undefined, suppressed: false, why: 'closed_by_app' } as const;
  for (let n = 20_000; n < 85_000; n += 1) tracker.closed.add({ cookie: 0x100 + n, closedAt: seconds(1), ...closed });
  tell(sweepEnd(1, 2, ['fin_wait_2']));
  const foreign = Array.from({ length: 10_000 }, (_, n) => glance(n));
  for (const one of foreign) assert.equal(tracker.remembers(one, seconds(30)), false);
});
