import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { trackerLimits } from '../../src/connection/bounds.ts';
import type { Lifecycle } from '../../src/connection/lifecycle.ts';
import type { Observation } from '../../src/connection/observation.ts';
import { Tracker } from '../../src/connection/tracker.ts';
import { viewOf } from '../../src/connection/view.ts';
import { decodeLine, encodeObservation } from '../../src/recording/line.ts';
import { retold } from '../../src/recording/retelling.ts';
import {
  accepted,
  adopted,
  closed,
  connected,
  connecting,
  ending,
  look,
  row,
  seconds,
  socketId,
  tcpInfo,
} from '../connection/observations.ts';
import { inspected } from '../replay/lines.ts';

const site = { frames: () => ['portOf (/app/server.mjs:7:3)'] };

function after(all: readonly Observation[]): Tracker {
  const tracker = new Tracker(trackerLimits(100));
  for (const said of all) tracker.observe(said);
  return tracker;
}

function only(tracker: Tracker): Lifecycle {
  const [connection, ...more] = tracker.connections();
  assert.ok(connection && more.length === 0, 'one connection');
  return connection;
}

/** What a verdict, and what is said of it, goes by. */
function judged(connection: Lifecycle, at: number) {
  const view = viewOf(connection, seconds(at));
  const { id, role, state, stateAge, local, peer, requested, receiveQueue, sendQueue, callSite, released } = view;
  const { inJavaScript, progressAge, ackProgressAge, sending, unaccepted, signals, suppressed, age } = view;
  const identity = { id, role, age, local, peer, requested, callSite, suppressed, inJavaScript, unaccepted };
  return {
    ...identity,
    state,
    stateAge,
    receiveQueue,
    sendQueue,
    progressAge,
    ackProgressAge,
    sending,
    signals,
    released,
  };
}

const lives: Readonly<Record<string, readonly Observation[]>> = {
  'a client that has not been answered': [connecting(1, 1, { site, requested: { address: 'db', port: 5432 } })],
  'a client whose SYN was sent again': [connecting(1, 1), look(1, 4, 'syn_sent', { sendQueue: 1, retransmits: 2 })],
  'a client in ESTABLISHED with unread bytes': [
    connecting(1, 1),
    connected(1, 2),
    look(1, 5, 'established', { receiveQueue: 7, info: tcpInfo('established', { bytesReceived: 7 }) }),
    look(1, 10, 'established', { receiveQueue: 7, info: tcpInfo('established', { bytesReceived: 7 }) }),
  ],
  'a server in CLOSE_WAIT that was read from, and not since': [
    accepted(1, 1, { site }),
    look(1, 5, 'close_wait', { receiveQueue: 9, info: tcpInfo('close_wait', { bytesReceived: 9 }) }),
    look(1, 10, 'close_wait', { receiveQueue: 6, info: tcpInfo('close_wait', { bytesReceived: 9 }) }),
    look(1, 15, 'close_wait', { receiveQueue: 6, info: tcpInfo('close_wait', { bytesReceived: 9 }) }),
    inspected(1, 15),
  ],
  'the same without counters': [
    accepted(1, 1, { site, info: undefined }),
    look(1, 5, 'close_wait', { receiveQueue: 9, info: undefined }),
    look(1, 10, 'close_wait', { receiveQueue: 6, info: undefined }),
    look(1, 15, 'close_wait', { receiveQueue: 6, info: undefined }),
  ],
  'a server whose peer takes nothing': [
    accepted(1, 1, { site }),
    look(1, 5, 'established', { sendQueue: 100, timer: 'probe', retransmits: 0 }),
    look(1, 10, 'established', { sendQueue: 100, timer: 'probe', retransmits: 0 }),
  ],
  'one that waits for the peer in FIN_WAIT_2': [
    connecting(1, 1),
    connected(1, 2),
    ending(1, 3),
    look(1, 5, 'fin_wait_2'),
    look(1, 10, 'fin_wait_2'),
  ],
  'one that was closed here and goes on in FIN_WAIT_2': [
    connecting(1, 1, { site }),
    connected(1, 2),
    closed(1, 3),
    row(socketId(1), 5, 'fin_wait_2'),
    row(socketId(1), 10, 'fin_wait_2'),
  ],
  'a descriptor without a JavaScript socket': [adopted(1, 1, { inJavaScript: false }), look(1, 5, 'close_wait')],
  'one that waits to be accepted': [
    adopted(1, 1, { inJavaScript: false, unaccepted: true }),
    row(socketId(1), 5, 'close_wait'),
  ],
};

describe('a connection that is told again', () => {
  for (const [name, life] of Object.entries(lives))
    it(`${name}: is judged as it was`, () => {
      const connection = only(after(life));
      const lines = [...retold(connection, connection.ref ?? 99)].map((said) => encodeObservation(said));
      const again = after(lines.map((line) => decodeLine(line) as Observation));
      assert.deepEqual(judged(only(again), 20), judged(connection, 20));
      assert.equal(again.suspects().size, after(life).suspects().size);
    });

  for (const [name, life] of Object.entries(lives))
    it(`${name}: a look that shows it unchanged is no news`, () => {
      const connection = only(after(life));
      const again = after([...retold(connection, connection.ref ?? 99)]);
      const last = life.findLast((said) => said.kind === 'row');
      const here = { receiveQueue: connection.receiveQueue, sendQueue: connection.sendQueue };
      const next = last && ({ ...last, at: seconds(25), ...here } as Observation);
      if (next === undefined) return;
      const before = after(life);
      before.observe(next);
      again.observe(next);
      assert.deepEqual(judged(only(again), 30), judged(only(before), 30));
    });
});
