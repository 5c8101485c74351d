import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Farewell, farewellOf, quietFarewell } from '../../src/connection/farewell.ts';
import type { Observation } from '../../src/connection/observation.ts';
import {
  adopted,
  closed,
  connected,
  connecting,
  ending,
  look,
  row,
  seconds,
  socketId,
  sweepEnd,
  tcpInfo,
} from './observations.ts';
import { watch } from './watch.ts';

/** What is measured when the last of these has ended the connection, at that time. */
function measured(at: number, ...observations: Observation[]): Farewell {
  const { tell, connection } = watch();
  tell(connecting(1, 9.99), connected(1, 10), ...observations);
  assert.equal(connection().phase, 'released');
  const farewell = farewellOf(connection(), seconds(at));
  assert.ok(farewell);
  return farewell;
}

const counted = { bytesReceived: 1 };

describe('what is measured of a goodbye', () => {
  it('we were first, the peer followed, and the descriptor was closed after both → from our FIN to the end', () => {
    const told = measured(
      20.3,
      ending(1, 20, tcpInfo('established')),
      closed(1, 20.3, { info: tcpInfo('closed', counted) }),
    );
    assert.deepEqual(
      [told.initiator, told.type, told.teardownUs, told.closeWaitUs],
      ['local', 'fin', 300_000, undefined],
    );
  });

  it('we were first and did not wait for the peer → nobody has seen the end', () => {
    const told = measured(
      20.3,
      ending(1, 20, tcpInfo('established')),
      closed(1, 20.3, { info: tcpInfo('fin_wait_2') }),
    );
    assert.equal(told.teardownUs, undefined);
  });

  it('closed at once, without a word before → nobody has seen the end', () =>
    assert.equal(measured(20, closed(1, 20, { info: tcpInfo('established') })).teardownUs, undefined));

  it('the peer was first: CLOSE_WAIT from its FIN to ours, the teardown from its FIN to the end', () => {
    const fin = ending(1, 20, tcpInfo('close_wait', { ...counted, lastAckReceivedMs: 700 }));
    const told = measured(20.1, fin, closed(1, 20.1, { info: tcpInfo('closed', counted) }));
    assert.deepEqual(
      [told.initiator, told.type, told.teardownUs, told.closeWaitUs],
      ['remote', 'fin', 800_000, 700_000],
    );
  });

  it('as before, and our FIN is not acknowledged when the descriptor is closed → CLOSE_WAIT alone', () => {
    const fin = ending(1, 20, tcpInfo('close_wait', { ...counted, lastAckReceivedMs: 700 }));
    const told = measured(20.1, fin, closed(1, 20.1, { info: tcpInfo('last_ack', counted) }));
    assert.deepEqual([told.teardownUs, told.closeWaitUs], [undefined, 700_000]);
  });

  it('destroyed in CLOSE_WAIT → until the close', () => {
    const info = tcpInfo('close_wait', { ...counted, lastAckReceivedMs: 4000 });
    assert.equal(measured(20, closed(1, 20, { info })).closeWaitUs, 4_000_000);
  });

  it('reset in CLOSE_WAIT, and nobody noticed → since the FIN, the last segment that was acceptable', () => {
    const info = tcpInfo('closed', { ...counted, lastAckReceivedMs: 4000 });
    const told = measured(20, closed(1, 20, { info, error: 'ECONNRESET', unread: 0 }));
    assert.deepEqual([told.type, told.rstReceived, told.closeWaitUs], ['rst', true, 4_000_000]);
  });

  it('reset by the peer → one RST received, and a teardown that takes no time', () => {
    const told = measured(20, closed(1, 20, { info: tcpInfo('closed'), error: 'ECONNRESET' }));
    assert.deepEqual(
      [told.initiator, told.type, told.teardownUs, told.closeWaitUs, told.rstSent, told.rstReceived],
      ['remote', 'rst', 0, undefined, false, true],
    );
  });

  it('reset by us → one RST sent; that it ends the connection nobody has seen', () => {
    const told = measured(20, closed(1, 20, { info: tcpInfo('established'), how: 'reset' }));
    assert.deepEqual([told.type, told.teardownUs, told.rstSent, told.rstReceived], ['rst', undefined, true, false]);
  });

  it('closed over unread payload → one RST sent', () => {
    const told = measured(20, closed(1, 20, { info: tcpInfo('established', { bytesReceived: 9 }), unread: 9 }));
    assert.deepEqual([told.rstSent, told.rstReceived], [true, false]);
  });

  it('the kernel gave up → a timeout, and no RST', () => {
    const told = measured(20, closed(1, 20, { info: tcpInfo('closed'), error: 'ETIMEDOUT' }));
    assert.deepEqual([told.type, told.rstSent, told.rstReceived], ['timeout', false, false]);
  });

  it('both FINs while nobody knew who was first → it is not guessed', () => {
    const told = measured(20.1, ending(1, 20), closed(1, 20.1, { info: tcpInfo('closed', counted) }));
    assert.deepEqual(
      [told.initiator, told.type, told.teardownUs, told.closeWaitUs],
      ['unknown', 'fin', 100_000, undefined],
    );
  });

  it('one without a JavaScript socket that a look misses → when it ended nobody knows, nor whether', () => {
    const { tell, connection } = watch();
    tell(adopted(1, 10, { inJavaScript: false }), row(socketId(1), 11, 'close_wait'));
    const it = connection();
    tell(sweepEnd(20, 20.1, ['close_wait']));
    assert.equal(it.phase, 'released');
    assert.equal(farewellOf(it, seconds(20.1)), undefined);
  });

  it('a look by descriptor finds it reset, and nobody in JavaScript has noticed → one RST received', () => {
    const told = measured(30, look(1, 30, 'closed'), closed(1, 90, { info: tcpInfo('closed') }));
    assert.deepEqual([told.initiator, told.type, told.rstReceived], ['remote', 'rst', true]);
  });

  it('a look by descriptor finds both FINs, with the peer’s behind unread bytes → no RST', () => {
    const info = tcpInfo('closed', { bytesReceived: 6, lastAckReceivedMs: 2000 });
    const seen = look(1, 30, 'closed', { info, receiveQueue: 5 });
    const told = measured(30, ending(1, 20, tcpInfo('established')), seen);
    assert.deepEqual([told.initiator, told.type, told.rstReceived], ['local', 'fin', false]);
  });

  it('a look by descriptor finds it closed while segments were sent again → a RST is not claimed', () => {
    const info = tcpInfo('closed', { retransmitsInARow: 9 });
    const told = measured(30, look(1, 30, 'closed', { info }));
    assert.deepEqual([told.initiator, told.type, told.rstReceived], ['unknown', 'abort', false]);
  });
});

/** A connection of which nobody would say that something happened to it, from the end of its handshake at 10 s on. */
const quiet = fc
  .record({
    endedAfterMs: fc.option(fc.integer({ min: 4000, max: 9000 }), { nil: undefined }),
    stateThen: fc.constantFrom('established', 'close_wait', undefined),
    ackedMsAgo: fc.nat(3000),
    closedAfterMs: fc.integer({ min: 0, max: 3000 }),
    over: fc.boolean(),
  })
  .map(({ endedAfterMs, stateThen, ackedMsAgo, closedAfterMs, over }) => {
    const endedAt = endedAfterMs === undefined ? undefined : 10 + endedAfterMs / 1000;
    const at = (endedAt ?? 14) + closedAfterMs / 1000;
    const then = stateThen && tcpInfo(stateThen, { bytesReceived: 1, lastAckReceivedMs: ackedMsAgo });
    const lastState = over ? 'closed' : stateThen === 'close_wait' ? 'last_ack' : 'fin_wait_2';
    const atEnd = endedAt === undefined ? (stateThen ?? 'established') : lastState;
    const bytesReceived = atEnd === 'established' || atEnd === 'fin_wait_2' ? 0 : 1;
    return { endedAt, then, at, info: tcpInfo(atEnd, { bytesReceived, lastAckReceivedMs: ackedMsAgo }) };
  });

describe('a connection that nobody hears of', () => {
  it('is measured as it would have been, had it been told of', () => {
    fc.assert(
      fc.property(quiet, ({ endedAt, then, at, info }) => {
        const end = endedAt === undefined ? [] : [ending(1, endedAt, then)];
        const told = measured(at, ...end, closed(1, at, { info, unread: 0 }));
        const ended = endedAt === undefined ? undefined : { at: seconds(endedAt), info: then };
        const untold = quietFarewell({ role: 'client', since: seconds(10), ending: ended, at: seconds(at), info });
        // Who was first matters where something is measured.
        if (told.teardownUs !== undefined) assert.deepEqual(untold, told);
        else assert.deepEqual([untold.teardownUs, untold.closeWaitUs], [undefined, told.closeWaitUs]);
      }),
      { numRuns: 500 },
    );
  });
});
