import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Race, Refusal } from '../../src/connection/host-fact.ts';
import type { Finding } from '../../src/detectors/detector.ts';
import { KeepAliveRace } from '../../src/detectors/keep-alive-race.ts';
import { Raiser } from '../../src/detectors/raise.ts';
import { explain } from '../../src/explain/explain.ts';
import { seconds } from '../connection/observations.ts';
import { hostLook } from './host-looks.ts';
import { race } from './races.ts';
import { lookAt } from './views.ts';

const other = { frames: () => ['poll (/app/poll.js:3:1)'] };

/** What there is to count after each look: seconds, and the failures that it brings. */
function counts(detector: KeepAliveRace, ...looks: readonly (readonly [at: number, races: readonly Race[]])[]) {
  return looks.map(([at, races]) => detector.examine(hostLook({ races }), seconds(at)).map(({ count }) => count));
}

/** The finding as it is raised at the second look. */
function raised(races: readonly Race[]): Finding {
  const [detector, raiser] = [new KeepAliveRace(), new Raiser('test')];
  raiser.look(detector.examine(hostLook({ races }), seconds(13)), lookAt(13));
  const [finding] = raiser.look(detector.examine(hostLook(), seconds(15)), lookAt(15));
  assert.ok(finding);
  return finding;
}

/**
 *     healthy                                        sick
 *       us                        server               us                        server
 *       │ ◀─────── answer ──────── │                   │ ◀─────── answer ──────── │
 *       │          (4 s)           │                   │          (5 s)           │
 *       │ ───────── FIN ─────────▶ │                   │ ◀───────── FIN ───────── │
 *                                                      │ ─────── request ───────▶ │
 *                                                      │ ◀───────── RST ───────── │
 */
describe('KeepAliveRace', () => {
  it('nothing failed → nothing', () => assert.deepEqual(counts(new KeepAliveRace(), [5, []]), [[]]));

  it('a request failed → a case, for five minutes after the last one', () => {
    const looks = counts(new KeepAliveRace(), [13, [race(1)]], [18, []], [300.9, []], [301, []], [400, []]);
    assert.deepEqual(looks, [[1], [1], [1], [], []]);
  });

  it('failures of the last five minutes are counted', () => {
    const looks = counts(new KeepAliveRace(), [15, [race(1), race(2)]], [200, [race(198)]], [303, []]);
    assert.deepEqual(looks, [[2], [3], [1]]);
  });

  it('a server that was started anew: many fail at once, however long each was idle → nothing', () => {
    const races = [4, 300, 90, 1200, 40, 2000].map((peerIdleMs) => race(3, { peerIdleMs }));
    assert.deepEqual(counts(new KeepAliveRace(), [5, races]), [[]]);
  });

  it('two seconds have to pass: it may turn out that the server was not there', () => {
    const timeout = [race(-9), race(-4), race(1)];
    assert.deepEqual(counts(new KeepAliveRace(), [2.9, timeout], [3, []]), [[2], [3]]);
  });

  it('no timeout shows → twelve seconds: who is not asked again at once may have gone all the same', () =>
    assert.deepEqual(counts(new KeepAliveRace(), [3, [race(1)]], [12.9, []], [13, []]), [[], [], [1]]));

  describe('the server refuses connections', () => {
    const refusal = (at: number, address = 'api') => ({ at: seconds(at), requested: { address, port: 80 } });
    const after = (races: readonly Race[], ...refusals: Refusal[]) => {
      const detector = new KeepAliveRace();
      detector.examine(hostLook({ refusals: refusals.slice(0, 1) }), seconds(9));
      detector.examine(hostLook({ races, refusals: refusals.slice(1) }), seconds(18));
      return detector.examine(hostLook(), seconds(22)).map(({ count }) => count);
    };

    it('within 5 s before or after → that failure does not count: it had gone', () => {
      const timeout = [race(-30), race(-20), race(10)];
      assert.deepEqual([after(timeout, refusal(5.1)), after(timeout, refusal(4.9))], [[2], [3]]);
      assert.deepEqual(
        [after(timeout, refusal(-9), refusal(14.9)), after(timeout, refusal(-9), refusal(11, 'db'))],
        [[2], [3]],
      );
    });

    it('no timeout shows → within twelve', () => {
      assert.deepEqual([after([race(10)], refusal(-2.1)), after([race(10)], refusal(-1.9))], [[1], []]);
      assert.deepEqual(
        [after([race(10)], refusal(-9), refusal(17)), after([race(10)], refusal(-9), refusal(17, 'db'))],
        [[], [1]],
      );
    });
  });

  it('a case for each destination and line', () => {
    const elsewhere = race(1, { requested: { address: 'db', port: 80 } });
    assert.deepEqual(counts(new KeepAliveRace(), [15, [race(1), race(2, { site: other }), elsewhere]]), [[1, 1, 1]]);
  });

  it('a failure whose line was not captured goes with the others to the same destination', () => {
    const unknown = race(2, { site: undefined });
    assert.deepEqual(counts(new KeepAliveRace(), [15, [race(1), unknown]]), [[2]]);
    assert.deepEqual(counts(new KeepAliveRace(), [15, [unknown, unknown]]), [[2]]);
  });

  it('a destination that is to be ignored → nothing', () => {
    const detector = new KeepAliveRace(({ requested }) => requested?.address === 'api');
    assert.deepEqual(counts(detector, [5, [race(1)]]), [[]]);
  });

  it('places and failures are bounded', () => {
    const detector = new KeepAliveRace();
    const places = Array.from({ length: 500 }, (_, i) => race(1, { requested: { address: `h${i}`, port: 80 } }));
    assert.equal(detector.examine(hostLook({ races: places }), seconds(15)).length, 100);
    const many = Array.from({ length: 2000 }, (_, i) => race(1 + i * 0.11));
    const busy = new KeepAliveRace();
    assert.equal(busy.examine(hostLook({ races: many }), seconds(230))[0]?.count, 1000);
  });
});

describe('a keep_alive_race in words', () => {
  it('names both timeouts and the one to set', () => {
    const { subject, sample, severity, confidence } = raised([race(1, { agentIdleMs: 60_000 }), race(3)]);
    assert.deepEqual(subject, {
      role: 'client',
      destination: 'api:80',
      request: 'GET /orders',
      fin_before_ms: 200,
      peer_idle_timeout_ms: 5000,
      agent_idle_timeout_ms: 60_000,
    });
    assert.deepEqual([severity, confidence], ['warning', 'observed']);
    assert.deepEqual(sample[0], {
      connection_id: 'c1',
      local: '10.0.0.1:40000',
      peer: '10.0.0.2:80',
      state: 'closed',
      age_s: 14,
      rx_queue: 0,
      tx_queue: 0,
      call_site: ['call (/app/api.js:7:3)'],
      trace_id: null,
    });
    const { message } = explain(raised([race(1, { agentIdleMs: 60_000 }), race(3)]));
    assert.match(message, /^2 requests to api:80 \(GET \/orders\) failed on a connection .*, the first 14 s ago: /);
    assert.match(message, /closes a connection after about 5 s of idleness; the client would keep it for 60 s/);
    assert.match(message, /timeout: 4000 \(http\), keepAliveTimeout: 4000 \(undici\)/);
  });

  it('one occasion → no timeout and no number to set: the server may have been started anew', () => {
    const finding = raised([race(1)]);
    assert.equal(finding.subject.peer_idle_timeout_ms, undefined);
    const { message, advice } = explain(finding);
    assert.match(message, /The server closed it while it was idle: a restart, or its keep-alive timeout\./);
    assert.doesNotMatch(`${message} ${advice}`, /timeout: \d|after about/);
  });

  it('an agent without a timeout keeps it without end', () => {
    assert.match(explain(raised([race(1), race(3)])).message, /the client would keep it without end/);
  });

  it('an agent with the shorter one had no turn in time: the event loop was blocked', () => {
    assert.match(
      explain(raised([race(1, { agentIdleMs: 4000 }), race(3)])).message,
      /after 4 s, but its event loop was blocked/,
    );
  });

  it('a server that keeps them for less than a second is to keep them longer', () => {
    const short = [1, 2, 3].map((at) => race(at, { peerIdleMs: 200 }));
    assert.match(explain(raised(short)).message, /about 200 ms .* That is too short to be of use/);
  });
});
