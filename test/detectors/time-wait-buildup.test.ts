import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Author, Census, CloseReason, DestinationCount, ListenerCount } from '../../src/connection/census.ts';
import type { ListenerFact, Sysctls } from '../../src/connection/host-fact.ts';
import { HostFacts, type HostLook } from '../../src/connection/host-facts.ts';
import type { Finding } from '../../src/detectors/detector.ts';
import { Growth } from '../../src/detectors/growth.ts';
import type { Look } from '../../src/detectors/look.ts';
import { Raiser } from '../../src/detectors/raise.ts';
import { atOnce } from '../../src/detectors/steps.ts';
import { TimeWaitBuildup } from '../../src/detectors/time-wait-buildup.ts';
import { endpoint } from '../../src/tcp/endpoint.ts';
import { seconds } from '../connection/observations.ts';

const sysctls: Sysctls = { firstPort: 40_000, lastPort: 40_999, tcp_tw_reuse: 2, tcp_max_tw_buckets: 2000 };
const site = (frame: string) => ({ frames: () => [frame] });

function made(why: CloseReason, count: number, rest: Partial<Author> = {}): Author {
  const of = { site: undefined, oldestS: 60, perSecond: count / 60, requested: undefined, sample: [], inferred: false };
  return { why, count, ...of, ...rest };
}

function towards(
  timeWaits: number,
  authors: readonly Author[],
  rest: Partial<DestinationCount> = {},
): DestinationCount {
  const where = { localAddress: '10.0.0.1', peerAddress: '10.0.0.2', peerPort: 5432 };
  return { ...where, ports: timeWaits, timeWaits, authors, ...rest };
}

function census(destinations: readonly DestinationCount[], listeners: readonly ListenerCount[] = []): Census {
  const timeWaits = [...destinations, ...listeners].reduce((sum, one) => sum + one.timeWaits, 0);
  return { states: ['time_wait'], whole: true, sockets: timeWaits, timeWaits, destinations, listeners };
}

function look(of: Census | undefined, rest: Partial<HostLook> = {}): HostLook {
  return { ...new HostFacts().take(), sysctls, census: of, ...rest };
}

const how: Look = {
  at: seconds(100),
  descriptors: undefined,
  wallTime: (at) => `@${at / 1e6}`,
  traceOf: () => undefined,
};

type Told = Pick<
  Finding,
  'kind' | 'cause' | 'count' | 'severity' | 'subject' | 'sample' | 'forecast' | 'confidence'
> & {
  since: string;
  age_s: number;
  growth_per_minute?: number;
};

/** What is found in this look by a detector that has seen these before, five seconds apart. */
function found(looks: readonly HostLook[], detector = new TimeWaitBuildup(0.5)): Told[] {
  let cases = detector.examine(look(undefined), seconds(90));
  looks.forEach((one, n) => {
    cases = detector.examine(one, seconds(100 + 5 * n));
  });
  return cases.map((one) => {
    const { kind, cause, count } = one;
    return { kind, cause, count, ...atOnce(one.describe(new Growth(), how)) } as Told;
  });
}

const only = (destination: DestinationCount, rest: Partial<HostLook> = {}) =>
  found([look(census([destination]), rest)]);

describe('TIME_WAITs towards a destination', () => {
  it('half of the ports, by this process → found, with all that there is to say', () => {
    const sample = [
      { connectionId: '1f', local: endpoint('10.0.0.1', 40_001), peer: endpoint('10.0.0.2', 5432), ageS: 31.25 },
    ];
    const query = { site: site('query (db.js:7:3)'), requested: endpoint('db', 5432), sample, perSecond: 10 };
    const [finding, ...others] = only(
      towards(600, [made('small_pool', 500, query), made('closed_by_app', 40, { perSecond: 0.8 })]),
    );
    assert.deepEqual(others, []);
    assert.deepEqual(finding, {
      kind: 'time_wait_buildup',
      cause: 'small_pool',
      count: 600,
      severity: 'warning',
      since: '@100',
      age_s: 0,
      subject: {
        role: 'client',
        destination: 'db:5432',
        local_address: '10.0.0.1',
        per_second: 10.8,
        share: 0.6,
        limit: 1000,
        own: 540,
        kernel: { ip_local_port_range: '40000-40999', tcp_tw_reuse: 2 },
      },
      sample: [
        {
          connection_id: '1f',
          local: '10.0.0.1:40001',
          peer: '10.0.0.2:5432',
          state: 'time_wait',
          age_s: 31.3,
          rx_queue: 0,
          tx_queue: 0,
          call_site: ['query (db.js:7:3)'],
          trace_id: null,
        },
      ],
      forecast: null,
      confidence: 'observed',
    });
  });

  it('one port less → not found', () => {
    assert.equal(only(towards(500, [made('small_pool', 500)])).length, 1);
    assert.equal(only(towards(499, [made('small_pool', 499)])).length, 0);
  });

  it('the range without its reserved ports is the limit', () => {
    const reserved = { sysctls: { ...sysctls, reservedPorts: [{ first: 40_000, last: 40_199 }] } };
    assert.equal(only(towards(400, [made('small_pool', 400)]), reserved)[0]?.subject.limit, 800);
  });

  it('two workers with 49 % each of what fills the ports → found, with what is this one’s', () => {
    const [finding] = only(towards(920, [made('no_keep_alive', 451)]));
    assert.deepEqual([finding?.count, finding?.subject.own, finding?.subject.share], [920, 451, 0.92]);
  });

  it('of a tenth this process speaks, of less it does not', () => {
    assert.equal(only(towards(600, [made('small_pool', 60)])).length, 1);
    assert.equal(only(towards(600, [made('small_pool', 59)])).length, 0);
    assert.equal(only(towards(990, [])).length, 0);
  });

  it('it speaks on until it made a fifth less than that', () => {
    const waits = (own: number) => look(census([towards(600, [made('small_pool', own)])]));
    assert.equal(found([waits(60), waits(49)]).length, 1);
    assert.equal(found([waits(60), waits(47)]).length, 0);
  });

  it('it began at the look that found it, whatever comes and goes', () => {
    const waits = (count: number) => look(census([towards(count, [made('small_pool', count)])]));
    const since = (counts: readonly number[]) => found(counts.map(waits)).map((one) => one.since);
    assert.deepEqual(since([499, 500, 700, 500, 450]), ['@105']);
    assert.deepEqual(since([500, 100, 500]), ['@110']);
  });

  it('two reasons alike → the cause stays as it was told, until the other leads by a fifth', () => {
    const waits = (one: number, other: number) =>
      look(census([towards(one + other, [made('no_keep_alive', one), made('closed_by_app', other)])]));
    const cause = (looks: readonly HostLook[]) => found(looks)[0]?.cause;
    assert.equal(cause([waits(301, 300), waits(300, 359)]), 'no_keep_alive');
    assert.equal(cause([waits(301, 300), waits(300, 360)]), 'closed_by_app');
    assert.equal(cause([waits(301, 300), waits(300, 360), waits(359, 300)]), 'closed_by_app');
    assert.equal(cause([waits(300, 301)]), 'closed_by_app');
  });

  it('the majority is the cause, from whichever lines', () => {
    const [a, b] = [made('no_keep_alive', 200, { site: site('a') }), made('no_keep_alive', 150, { site: site('b') })];
    const [finding] = only(towards(600, [made('closed_by_app', 250), a, b]));
    assert.equal(finding?.cause, 'no_keep_alive');
    assert.deepEqual(
      finding?.sample.map(({ call_site }) => call_site),
      [['a'], ['b']],
    );
  });

  it('two destinations, two addresses of ours → a case each', () => {
    const [one, other] = [towards(500, [made('small_pool', 500)]), towards(500, [made('closed_by_app', 500)])];
    const cases = found([look(census([one, { ...other, localAddress: '10.0.0.9' }]))]);
    assert.deepEqual(
      cases.map(({ cause }) => cause),
      ['small_pool', 'closed_by_app'],
    );
  });

  it('joined by the destination alone → inferred', () =>
    assert.equal(only(towards(500, [made('small_pool', 500, { inferred: true })]))[0]?.confidence, 'inferred'));

  it('what was found goes on until a fifth of it is gone', () => {
    const waits = (count: number) => look(census([towards(count, [made('small_pool', count)])]));
    assert.equal(found([waits(500), waits(400)]).length, 1);
    assert.equal(found([waits(500), waits(399)]).length, 0);
    assert.equal(found([waits(400)]).length, 0);
  });

  it('no census, and as many TIME_WAITs as before → it is not known to be over, for three looks', () => {
    const [seen, dark] = [
      look(census([towards(500, [made('small_pool', 500)])])),
      look(undefined, { counters: { tw: 480 } }),
    ];
    assert.equal(found([seen, dark, dark, dark]).length, 1);
    assert.equal(found([seen, dark, dark, dark, dark]).length, 0);
    assert.equal(found([seen, look(undefined, { counters: { tw: 10 } })]).length, 0);
  });

  it('a single look raises nothing, two do, and it is one finding when its cause becomes clearer', () => {
    const [detector, raiser] = [new TimeWaitBuildup(0.5), new Raiser('test')];
    const told = [
      ['closed_by_app', 500],
      ['closed_by_app', 500],
      ['small_pool', 500],
    ] as const;
    const findings = told.map(([why, count], n) => {
      const at = seconds(100 + 5 * n);
      return raiser.look(detector.examine(look(census([towards(count, [made(why, count)])])), at), { ...how, at });
    });
    assert.deepEqual(
      findings.map(({ length }) => length),
      [0, 1, 0],
    );
    assert.deepEqual(
      raiser.findings().map(({ cause }) => cause),
      ['small_pool'],
    );
  });
});

describe('how bad it is', () => {
  /** Of the case after these censuses, five seconds apart. `perSecond`: were closed before the last. */
  const grows = (counts: readonly number[], perSecond = 1, reuse = 2, peerAddress = '10.0.0.2') =>
    found(
      counts.map((count) =>
        look(census([towards(count, [made('small_pool', count, { perSecond })], { peerAddress })]), {
          sysctls: { ...sysctls, tcp_tw_reuse: reuse },
        }),
      ),
    )[0];
  const steps = (looks: number, count: (n: number) => number) => Array.from({ length: looks }, (_, n) => count(n));

  it('all but a twentieth of the ports → critical', () => {
    assert.equal(only(towards(949, [made('small_pool', 949)]))[0]?.severity, 'warning');
    assert.equal(only(towards(950, [made('small_pool', 950)]))[0]?.severity, 'critical');
  });

  it('whatever takes the other ports: established ones count', () =>
    assert.equal(only(towards(600, [made('small_pool', 600)], { ports: 950 }))[0]?.severity, 'critical'));

  it('a minute of such growth is more than there are ports, seven looks long → critical, when, and how fast', () => {
    const rising = [300, 400, 500, 600, 700, 800, 900];
    const found = grows(rising);
    assert.deepEqual(
      [found?.forecast, found?.growth_per_minute, found?.severity],
      [{ limit: 1000, reached_in_s: 5 }, 1200, 'critical'],
    );
    assert.deepEqual([grows(rising.slice(1))?.forecast, grows(rising.slice(1))?.severity], [null, 'warning']);
  });

  //   ports │ · · limit · ·        ports │ · · limit ·╱
  //         │ ┌────────┐                 │       ╱
  //         │ │ healthy│                 │  ╱ sick
  //         └─┴────────┴──               └────────────
  it('one burst, then silence → no forecast, no rate, a warning', () => {
    for (const looks of [1, 2, 4, 7, 12]) {
      const burst = grows([...steps(5, () => 3), ...steps(looks, () => 600)], 0);
      assert.deepEqual([burst?.forecast, burst?.severity], [null, 'warning'], `${looks} looks`);
      assert.equal(burst?.subject.per_second, undefined);
    }
  });

  it('it has grown, and nothing was closed since the last look → no forecast', () =>
    assert.equal(grows([300, 400, 500, 600, 700, 800, 900], 0)?.forecast, null));

  it('where only a part of the sockets was counted → no forecast of it', () => {
    const part = (count: number) =>
      look({ ...census([towards(count, [made('small_pool', count)])]), whole: false }, { sysctls });
    assert.equal(found([300, 400, 500, 600, 700, 800, 900].map(part))[0]?.forecast, null);
  });

  it('a first minute that fills up → no forecast: after a minute as many go as come', () =>
    assert.equal(
      grows(
        steps(10, (n) => 500 + 10 * n),
        2,
      )?.forecast,
      null,
    ));

  it('minutes that grow → a forecast; that differ by chance → none', () => {
    const forecast = grows(steps(48, (n) => 500 + 5 * n))?.forecast;
    assert.equal(forecast?.limit, 1000);
    assert.ok(forecast && forecast.reached_in_s > 200 && forecast.reached_in_s < 400, `${forecast?.reached_in_s}`);
    assert.equal(grows(steps(48, (n) => 600 + ((n * 7) % 5)))?.forecast, null);
  });

  it('ports in TIME_WAIT are used again → a warning at most, and no forecast', () => {
    const full = [960, 970, 980, 990, 995];
    assert.equal(grows(full, 1, 0)?.severity, 'critical');
    assert.deepEqual([grows(full, 1, 1)?.severity, grows(full, 1, 1)?.forecast], ['warning', null]);
    assert.equal(grows(full)?.severity, 'critical');
    assert.equal(grows(full, 1, 2, '127.0.0.1')?.severity, 'warning');
  });
});

describe('TIME_WAITs at a listener of ours', () => {
  const at80 = (timeWaits: number, authors: readonly Author[], rest: Partial<ListenerCount> = {}) =>
    ({ port: 80, timeWaits, authors, unclaimed: [], unclaimedPerSecond: 0, ...rest }) satisfies ListenerCount;

  function listener(rest: Partial<ListenerFact>): ListenerFact {
    return {
      local: endpoint('0.0.0.0', 80),
      queue: 0,
      backlog: 511,
      drops: undefined,
      cluster: undefined,
      maxConnections: undefined,
      connections: undefined,
      site: site('main (server.js:3:1)'),
      ...rest,
    } as ListenerFact;
  }

  const server = (counted: ListenerCount, listeners: readonly ListenerFact[] = []) =>
    found([look(census([], [counted]), { listeners })]);

  it('half of those that the kernel keeps → found; one less → not', () => {
    assert.equal(server(at80(999, [made('short_keep_alive_timeout', 999)])).length, 0);
    const [finding] = server(at80(1000, [made('short_keep_alive_timeout', 1000)]), [listener({})]);
    assert.equal(finding?.cause, 'short_keep_alive_timeout');
    assert.deepEqual(finding?.subject, {
      role: 'server',
      listener: '0.0.0.0:80',
      per_second: 16.7,
      share: 0.5,
      limit: 2000,
      own: 1000,
      kernel: { tcp_max_tw_buckets: 2000 },
    });
  });

  it('that no JavaScript socket had, at a full server → max_connections_drop, with the line of listen()', () => {
    const dropped = { connectionId: '9', local: endpoint('10.0.0.1', 80), peer: endpoint('10.0.0.7', 1), ageS: 30 };
    const waits = at80(1100, [made('closed_by_app', 100)], { unclaimed: [dropped], unclaimedPerSecond: 20 });
    const [finding] = server(waits, [listener({ maxConnections: 10, connections: 10 })]);
    assert.deepEqual([finding?.cause, finding?.subject.own], ['max_connections_drop', 1100]);
    assert.deepEqual([finding?.subject.per_second, finding?.sample[0]?.age_s], [21.7, 30]);
    assert.deepEqual(finding?.sample[0]?.call_site, ['main (server.js:3:1)']);
  });

  it('at one that is not full, or of a cluster → nobody knows whose they are', () => {
    const waits = at80(1100, [made('closed_by_app', 100)]);
    assert.deepEqual(server(waits, [listener({ maxConnections: 10, connections: 9 })]), []);
    assert.deepEqual(server(waits, [listener({ maxConnections: 10, connections: 10, cluster: 'worker' })]), []);
    assert.deepEqual(server(waits), []);
  });

  it('it was full a while ago: the traces are there for a minute', () => {
    const full = look(undefined, { listeners: [listener({ maxConnections: 10, connections: 10 })] });
    const later = look(census([], [at80(1100, [])]), { listeners: [listener({ maxConnections: 10, connections: 2 })] });
    const empty = look(undefined, { listeners: [listener({ maxConnections: 10, connections: 2 })] });
    assert.equal(found([full, later]).length, 1);
    assert.equal(found([full, ...Array.from({ length: 12 }, () => empty), later]).length, 0);
  });
});
