import fc from 'fast-check';
import type { LifecycleEvent } from '../../src/connection/lifecycle-event.ts';
import type { Observation } from '../../src/connection/observation.ts';
import { Tracker } from '../../src/connection/tracker.ts';
import { tcpStateNames } from '../../src/tcp/state.ts';
import { edges } from '../../src/tcp/transition.ts';
import * as say from './observations.ts';

export const limits = { maxConnections: 6, maxReleased: 3 };

/** Few sockets, so that names meet again. */
const names = fc.nat(4).map((n) => n + 1);
const state = fc.constantFrom(...tcpStateNames.filter((name) => name !== 'listen'));
const error = fc.constantFrom(undefined, 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED', 'EHOSTUNREACH');
const ms = fc.constantFrom(0, 1, 40, 3000, 900_000);
const bytes = fc.nat(3);
const info = fc.option(
  fc
    .record({
      lastDataSentMs: ms,
      lastAckReceivedMs: ms,
      rttUs: fc.nat(50_000),
      bytesReceived: bytes,
      bytesAcked: bytes,
    })
    .chain((fields) => state.map((name) => say.tcpInfo(name, fields))),
  { nil: undefined },
);
const id = fc
  .tuple(names, fc.subarray(['cookie', 'inode', 'tuple'] as const))
  .map(([n, parts]) => Object.fromEntries(parts.map((part) => [part, say.socketId(n)[part]])));

/** One observation, but for the time and for the number of a socket that this makes. */
export type Said = (at: number, fresh: () => number, known: (n: number) => number) => Observation;

const said: fc.Arbitrary<Said> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(id, fc.boolean()).map(
      ([who, suppressed]): Said =>
        (at, fresh) =>
          say.connecting(fresh(), at, { id: who, suppressed }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(id, info).map(
      ([who, i]): Said =>
        (at, fresh) =>
          say.accepted(fresh(), at, { id: who, info: i }),
    ),
  },
  fc.tuple(id, fc.boolean()).map(
    ([who, inJavaScript]): Said =>
      (at, fresh) =>
        say.adopted(fresh(), at, { id: who, inJavaScript }),
  ),
  {
    weight: 3,
    arbitrary: fc.tuple(names, info, fc.option(id, { nil: undefined })).map(
      ([n, i, who]): Said =>
        (at, _, known) =>
          say.connected(known(n), at, { info: i, id: who }),
    ),
  },
  fc.tuple(names, fc.constantFrom('ECONNREFUSED', 'ETIMEDOUT')).map(
    ([n, e]): Said =>
      (at, _, known) =>
        say.connectFailed(known(n), at, e),
  ),
  {
    weight: 2,
    arbitrary: fc.tuple(names, info).map(
      ([n, i]): Said =>
        (at, _, known) =>
          say.ending(known(n), at, i),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(names, info, error, fc.constantFrom('close' as const, 'reset' as const), bytes).map(
      ([n, i, e, how, bytesRead]): Said =>
        (at, _, known) =>
          say.closed(known(n), at, { info: i, error: e, how, bytesRead }),
    ),
  },
  names.map(
    (n): Said =>
      (at, _, known) =>
        say.handedOver(known(n), at),
  ),
  {
    weight: 4,
    arbitrary: fc.tuple(id, state, info, bytes, fc.option(ms, { nil: undefined })).map(
      ([who, found, i, receiveQueue, expiresMs]): Said =>
        (at) =>
          say.row(who, at, found, { info: i, receiveQueue, expiresMs }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(names, state, bytes).map(
      ([n, found, receiveQueue]): Said =>
        (at, _, known) =>
          say.look(known(n), at, found, { receiveQueue }),
    ),
  },
  {
    weight: 5,
    arbitrary: fc.tuple(names, fc.constantFrom(...edges), error, fc.boolean()).map(
      ([n, { from, to }, e, finReceived]): Said =>
        (at) =>
          say.edge(n, at, from, to, { error: to === 'closed' ? e : undefined, finReceived }),
    ),
  },
  fc.tuple(fc.subarray([...tcpStateNames]), fc.boolean(), fc.nat(5)).map(
    ([states, whole, took]): Said =>
      (at) =>
        say.sweepEnd(at - took, at, states, { whole }),
  ),
);

/** Observations in any order, likely or not, and how long after one another. */
export const story = fc.array(fc.tuple(said, fc.constantFrom(0, 0.000_01, 0.5, 20)), { maxLength: 40 });

/** Tells the story on one clock; `eachTime` sees every observation’s outcome. */
export function tellStory(
  said: readonly (readonly [Said, number])[],
  eachTime: (tracker: Tracker, events: readonly LifecycleEvent[], at: number) => void,
): void {
  const tracker = new Tracker(limits);
  let refs = 0;
  let at = 1000;
  const observations: Observation[] = [];
  for (const [tell, pause] of said) {
    at += pause;
    const observation = tell(
      at,
      () => ++refs,
      (n) => Math.max(1, refs - n + 1),
    );
    observations.push(observation);
    try {
      eachTime(tracker, tracker.observe(observation), at);
      eachTime(tracker, tracker.advance(say.seconds(at)), at);
    } catch (cause) {
      throw new Error(`after ${JSON.stringify(observations)}`, { cause });
    }
  }
}
