import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Census, CloseReason, Glance } from '../../src/connection/census.ts';
import { CensusTaker } from '../../src/connection/census-taker.ts';
import { type ClosedConnection, ClosedLog } from '../../src/connection/closed-log.ts';
import { EphemeralRange } from '../../src/connection/ephemeral-range.ts';
import { endpoint, type FourTuple } from '../../src/tcp/endpoint.ts';
import type { TcpState } from '../../src/tcp/state.ts';
import { seconds } from './observations.ts';

const at = 1000;

function glance(state: TcpState, tuple: FourTuple, cookie = 0, ageS = 10): Glance {
  return {
    state,
    localPort: tuple.local.port,
    peerPort: tuple.peer.port,
    fourTuple: tuple,
    cookie,
    inode: 0,
    receiveQueue: 0,
    sendQueue: 0,
    expiresMs: state === 'time_wait' ? (60 - ageS) * 1000 : undefined,
  };
}

function between(localPort: number, peer: string, peerPort = 5432, local = '10.0.0.1'): FourTuple {
  return { local: endpoint(local, localPort), peer: endpoint(peer, peerPort) };
}

/** Sockets, and what this process closed, to the census of them. */
class Scene {
  readonly log: ClosedLog;
  readonly sockets: Glance[] = [];
  /** TIME_WAITs towards destinations, in the last census. */
  outward = 0;

  constructor(capacity = 1024) {
    this.log = new ClosedLog(capacity);
  }

  /** A TIME_WAIT, made by nobody of ours. */
  foreign(tuple: FourTuple, cookie = 0): this {
    this.sockets.push(glance('time_wait', tuple, cookie));
    return this;
  }

  /** A TIME_WAIT that this process made. */
  own(tuple: FourTuple, cookie: number, why: CloseReason, rest: Partial<ClosedConnection> & { ageS?: number } = {}) {
    const { ageS = 10, ...of } = rest;
    this.closed(tuple, cookie, why, { closedAt: seconds(at - ageS), ...of });
    this.sockets.push(glance('time_wait', tuple, cookie, ageS));
    return this;
  }

  closed(tuple: FourTuple, cookie: number, why: CloseReason, rest: Partial<ClosedConnection> = {}): this {
    const of = { closedAt: seconds(at - 10), role: 'client', site: undefined, suppressed: false } as const;
    this.log.add({ cookie, tuple: cookie === 0 ? tuple : undefined, why, peer: tuple.peer, ...of, ...rest });
    return this;
  }

  census({
    listening = [80],
    ours = [80],
    before,
  }: {
    listening?: number[];
    ours?: number[];
    before?: number;
  } = {}): Census {
    const range = EphemeralRange.of({
      firstPort: 40_000,
      lastPort: 40_999,
      reservedPorts: [{ first: 40_500, last: 40_509 }],
    });
    assert.ok(range);
    const [closed, states] = [this.log, ['established', 'time_wait'] as const];
    const sets = { listening: new Set(listening), ours: new Set(ours) };
    const since = before === undefined ? undefined : seconds(before);
    const taker = new CensusTaker({ states, at: seconds(at), before: since, range, closed, ...sets });
    for (const socket of this.sockets) taker.visit(socket);
    for (const _ of taker.infer());
    this.outward = taker.outward;
    return taker.result(true);
  }
}

const whole = (census: Census) =>
  census.destinations.map(({ localAddress, peerAddress, peerPort, ports, timeWaits, authors }) => ({
    place: `${localAddress} ${peerAddress}:${peerPort}`,
    ports,
    timeWaits,
    authors: authors.map(({ why, count, inferred }) => [why, count, inferred]),
  }));

const site = (frame: string) => ({ frames: () => [frame] });

describe('a census of destinations', () => {
  it('counts ports whatever the state, TIME_WAITs, and those that this process made', () => {
    const scene = new Scene();
    scene.sockets.push(
      glance('established', between(40_001, '10.0.0.2')),
      glance('syn_sent', between(40_002, '10.0.0.2')),
    );
    scene.own(between(40_003, '10.0.0.2'), 7, 'small_pool').foreign(between(40_004, '10.0.0.2'), 8);
    scene.foreign(between(40_003, '10.0.0.3'), 9);
    assert.deepEqual(whole(scene.census()), [
      { place: '10.0.0.1 10.0.0.2:5432', ports: 4, timeWaits: 2, authors: [['small_pool', 1, false]] },
      { place: '10.0.0.1 10.0.0.3:5432', ports: 1, timeWaits: 1, authors: [] },
    ]);
  });

  it('each local address and each port of the peer is a destination of its own', () => {
    const scene = new Scene();
    scene.foreign(between(40_001, '10.0.0.2', 80)).foreign(between(40_001, '10.0.0.2', 81));
    scene.foreign(between(40_001, '10.0.0.2', 81, '10.0.0.9'));
    assert.equal(scene.census().destinations.length, 3);
  });

  it('ports outside of the range, reserved ones and those of listeners are not counted', () => {
    const scene = new Scene();
    for (const port of [39_999, 41_000, 40_505, 40_700]) scene.foreign(between(port, '10.0.0.2'));
    assert.deepEqual(scene.census({ listening: [80, 40_700] }).destinations, []);
  });

  it('without cookies → by four-tuple', () => {
    const scene = new Scene().own(between(40_001, '10.0.0.2'), 0, 'no_keep_alive').foreign(between(40_002, '10.0.0.2'));
    assert.deepEqual(
      scene.census().destinations[0]?.authors.map(({ why, count }) => [why, count]),
      [['no_keep_alive', 1]],
    );
  });

  it('an exporter’s own connections have no author', () => {
    const scene = new Scene().own(between(40_001, '10.0.0.2'), 7, 'closed_by_app', { suppressed: true });
    assert.deepEqual(scene.census().destinations[0]?.authors, []);
  });

  it('cookies on our side alone → by destination, inferred, and no more than there are', () => {
    const scene = new Scene();
    for (let n = 0; n < 30; n++)
      scene.closed(between(0, '10.0.0.2'), n + 1, n < 20 ? 'no_keep_alive' : 'closed_by_app');
    scene.closed(between(0, '10.0.0.3'), 99, 'small_pool');
    for (let n = 0; n < 15; n++) scene.foreign(between(40_000 + n, '10.0.0.2'));
    assert.deepEqual(whole(scene.census()), [
      {
        place: '10.0.0.1 10.0.0.2:5432',
        ports: 15,
        timeWaits: 15,
        authors: [
          ['no_keep_alive', 10, true],
          ['closed_by_app', 5, true],
        ],
      },
    ]);
  });

  it('more were closed than are remembered → the young ones stand for the others', () => {
    const scene = new Scene(100);
    // The last hundred, of 20 s, are remembered; twice as many went before.
    for (let n = 0; n < 300; n++)
      scene.own(between(40_000 + n, '10.0.0.2'), n + 1, 'small_pool', { ageS: 60 - n / 5 + 0.01 });
    const [destination] = scene.census().destinations;
    const [author] = destination?.authors ?? [];
    assert.equal(destination?.timeWaits, 300);
    assert.ok(author && author.count > 280 && author.count <= 300, `${author?.count}`);
    assert.equal(author?.inferred, true);
  });

  it('reasons and lines, the most frequent first; those without a line go with the most frequent of their reason', () => {
    const scene = new Scene();
    const make = (times: number, why: CloseReason, rest: Partial<ClosedConnection>) => {
      for (let n = 0; n < times; n++) {
        const cookie = scene.sockets.length + 1;
        scene.own(between(40_000 + cookie, '10.0.0.2'), cookie, why, rest);
      }
    };
    make(3, 'small_pool', { site: site('a (x.js:1:1)') });
    make(2, 'small_pool', { site: site('b (x.js:2:1)') });
    make(4, 'small_pool', {});
    make(6, 'closed_by_app', { site: site('c (x.js:3:1)'), requested: endpoint('db', 5432) });
    const authors = scene.census().destinations[0]?.authors ?? [];
    assert.deepEqual(
      authors.map(({ why, count, site: line, requested }) => [why, count, line?.frames()[0], requested?.address]),
      [
        ['small_pool', 7, 'a (x.js:1:1)', undefined],
        ['small_pool', 2, 'b (x.js:2:1)', undefined],
        ['closed_by_app', 6, 'c (x.js:3:1)', 'db'],
      ],
    );
    assert.deepEqual(authors[2]?.sample.length, 5);
    assert.equal(authors[2]?.sample[0]?.connectionId, 'a');
  });

  it('a host that goes everywhere → what is kept is bounded, and the full place is among it', () => {
    const scene = new Scene();
    for (let n = 0; n < 30_000; n++) {
      scene.foreign(between(40_000 + (n % 400), `10.${n >> 12}.${(n >> 4) & 255}.${n & 15}`), n + 1);
      if (n % 100 === 0) scene.foreign(between(40_600 + n / 100, '10.0.0.2'), 100_000 + n);
    }
    const { destinations } = scene.census();
    assert.equal(destinations.length, 1000);
    assert.equal(scene.outward, 30_300);
    assert.equal(destinations[0]?.peerAddress, '10.0.0.2');
    assert.ok((destinations[0]?.ports ?? 0) >= 250, `${destinations[0]?.ports} of 300`);
  });

  it('the table of the kernel shows a socket twice → it is counted once', () => {
    const scene = new Scene();
    for (let n = 0; n < 200; n++) scene.own(between(40_000 + n, '10.0.0.2'), 0, 'small_pool');
    scene.sockets.push(...scene.sockets);
    for (let n = 0; n < 2; n++) scene.foreign(between(80, '10.0.0.7', 50_001));
    const { destinations, listeners } = scene.census();
    assert.deepEqual([destinations[0]?.ports, destinations[0]?.timeWaits], [200, 200]);
    assert.equal(listeners[0]?.timeWaits, 1);
  });

  it('as many ports as different sockets, as many authors at most as TIME_WAITs (property)', () => {
    const one = fc.record({
      port: fc.integer({ min: 40_000, max: 40_020 }),
      peer: fc.constantFrom('10.0.0.2', '10.0.0.3'),
      ours: fc.boolean(),
      named: fc.boolean(),
      waiting: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 60 }), fc.integer({ min: 1, max: 64 }), (all, capacity) => {
        const scene = new Scene(capacity);
        all.forEach(({ port, peer, ours, named, waiting }, n) => {
          const [tuple, cookie] = [between(port, peer), named ? n + 1 : 0];
          if (!waiting) scene.sockets.push(glance('established', tuple, cookie));
          else if (ours) scene.own(tuple, cookie, 'closed_by_app');
          else scene.foreign(tuple, cookie);
        });
        const { destinations, sockets, timeWaits } = scene.census();
        assert.equal(sockets, all.length);
        const ports = destinations.reduce((sum, one) => sum + one.ports, 0);
        const waiting = destinations.reduce((sum, one) => sum + one.timeWaits, 0);
        const twice = all.filter(
          ({ named, port, peer }, n) =>
            !named && all.slice(0, n).some((one) => !one.named && one.port === port && one.peer === peer),
        );
        assert.equal(ports, all.length - twice.length);
        assert.ok(waiting <= timeWaits && waiting >= timeWaits - twice.length);
        for (const destination of destinations) {
          const made = destination.authors.reduce((sum, { count }) => sum + count, 0);
          assert.ok(made <= destination.timeWaits, `${made} of ${destination.timeWaits}`);
        }
      }),
    );
  });
});

describe('how fast they are made', () => {
  const rates = (census: Census) =>
    census.destinations[0]?.authors.map(({ perSecond }) => Math.round(perSecond * 1000) / 1000);
  const scene = () =>
    [1, 2, 3, 4, 30, 31, 32, 33].reduce(
      (of, ageS, n) => of.own(between(40_001 + n, '10.0.0.2'), n + 1, 'small_pool', { ageS }),
      new Scene(),
    );

  it('by those that were closed since the census before, in the last five to ten seconds', () => {
    assert.deepEqual(rates(scene().census({ before: at - 5 })), [4 / 5]);
    assert.deepEqual(rates(scene().census({ before: at - 2.5 })), [4 / 5]);
    assert.deepEqual(rates(scene().census({ before: at - 8 })), [4 / 8]);
    assert.deepEqual(rates(scene().census({ before: at - 60 })), [4 / 10]);
    assert.deepEqual(rates(scene().census()), [4 / 10]);
  });

  it('none since then → 0, however many there are', () => {
    const burst = [5.1, 5.1, 5.1, 5.1].reduce(
      (of, ageS, n) => of.own(between(40_001 + n, '10.0.0.2'), n + 1, 'small_pool', { ageS }),
      new Scene(),
    );
    assert.deepEqual(rates(burst.census({ before: at - 5 })), [0]);
  });

  it('those of nobody known, by their timers, which are up to two seconds late', () => {
    const late = new Scene();
    for (const ageS of [-1.5, -1, 0.5, 1.5, 2.5, 3.5, 4.5, 30])
      late.sockets.push(glance('time_wait', between(80, '10.0.0.7', 50_000 + 10 * ageS), 100 + 10 * ageS, ageS));
    const [listener] = late.census({ before: at - 5 }).listeners;
    assert.equal(listener?.unclaimedPerSecond, 6 / 5);
  });
});

describe('a census of listeners', () => {
  it('counts the TIME_WAITs at ports of ours, with a few of those that nobody is known of', () => {
    const scene = new Scene();
    const server = { role: 'server', peer: undefined, port: 80 } as const;
    scene
      .own(between(80, '10.0.0.7', 50_001), 7, 'connection_close', server)
      .foreign(between(80, '10.0.0.7', 50_002), 8);
    scene.foreign(between(81, '10.0.0.7', 50_003), 9);
    scene.sockets.push(glance('established', between(80, '10.0.0.7', 50_004)));
    const [listener, ...others] = scene.census({ listening: [80, 81] }).listeners;
    assert.deepEqual(others, []);
    assert.deepEqual([listener?.port, listener?.timeWaits], [80, 2]);
    assert.deepEqual(
      listener?.authors.map(({ why, count }) => [why, count]),
      [['connection_close', 1]],
    );
    assert.deepEqual(
      listener?.unclaimed.map(({ connectionId }) => connectionId),
      ['8'],
    );
  });

  it('cookies on our side alone → by port, inferred', () => {
    const scene = new Scene();
    const server = { role: 'server', peer: undefined, port: 80 } as const;
    for (let n = 1; n <= 4; n++) scene.closed(between(80, '10.0.0.7'), n, 'short_keep_alive_timeout', server);
    for (let n = 1; n <= 4; n++) scene.foreign(between(80, '10.0.0.7', 50_000 + n));
    const [author] = scene.census().listeners[0]?.authors ?? [];
    assert.deepEqual([author?.why, author?.count, author?.inferred], ['short_keep_alive_timeout', 4, true]);
  });
});
