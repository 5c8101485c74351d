import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DestinationCount } from '../../src/connection/census.ts';
import type { PortFailure } from '../../src/connection/host-fact.ts';
import type { Finding } from '../../src/detectors/detector.ts';
import { EphemeralPorts } from '../../src/detectors/ephemeral-ports.ts';
import { deservesCensus } from '../../src/detectors/port-shortage.ts';
import { Raiser } from '../../src/detectors/raise.ts';
import { endpoint } from '../../src/tcp/endpoint.ts';
import { seconds } from '../connection/observations.ts';
import { again, census, failure, nothing, type Seen, settings, towards } from './ports.ts';
import { lookAt } from './views.ts';

/** What is told at these looks, five seconds apart. */
function told(
  looks: readonly Seen[],
  options: Partial<ConstructorParameters<typeof EphemeralPorts>[0]> = {},
): Finding[] {
  const detector = new EphemeralPorts({ timeWaitShare: 0.5, ...options });
  const raiser = new Raiser('4711');
  return looks.flatMap((look, n) =>
    raiser.look(detector.examine({ ...nothing, ...look }, seconds(n * 5)), lookAt(n * 5)),
  );
}

/** What is found at the last of these looks. */
function found(looks: readonly Seen[], options = {}): string[] {
  const detector = new EphemeralPorts({ timeWaitShare: 0.5, ...options });
  const cases = looks.map((look, n) => detector.examine({ ...nothing, ...look }, seconds(n * 5)));
  return (cases.at(-1) ?? []).map(({ cause, count }) => `${cause} ${count}`);
}

//  connect() ─▶ EADDRNOTAVAIL        40000 ┌──────────────┐
//                                          │  TIME_WAIT   │ 10.0.0.2:5432     10.0.0.2:5433 ─▶ all is well
//                                    40999 └──────────────┘
describe('connect() finds no port', () => {
  it('is told at that look, with the destination as the application names it, the numbers, the line and the settings', () => {
    const looks = [{ portFailures: [failure()], census: census(towards(1000, 990)) }];
    assert.deepEqual(told(looks), [
      {
        id: 'ephemeral_ports-4711-1',
        kind: 'ephemeral_ports',
        cause: 'exhausted',
        status: 'raised',
        count: 1000,
        growth_per_minute: 0,
        severity: 'critical',
        subject: {
          role: 'client',
          destination: 'db:5432',
          local_address: '10.0.0.1',
          limit: 1000,
          share: 1,
          time_waits: 990,
          failures: 3,
          kernel: { ip_local_port_range: '40000-40999', tcp_tw_reuse: 0, tcp_max_tw_buckets: 4096 },
        },
        confidence: 'observed',
        since: '1970-01-01T00:00:00.000Z',
        age_s: 0,
        sample: [
          {
            connection_id: '4001',
            local: null,
            peer: '10.0.0.2:5432',
            state: 'closed',
            age_s: 0,
            rx_queue: 0,
            tx_queue: 0,
            call_site: ['query (/app/db.js:7:3)'],
            trace_id: null,
          },
        ],
        forecast: { limit: 1000, reached_in_s: 0 },
      },
    ]);
  });

  it('without a census: so many attempts; without the range, not measured against anything, and inferred', () => {
    const [one] = told([{ portFailures: [failure()] }]);
    assert.deepEqual([one?.count, one?.subject.share, one?.confidence], [3, undefined, 'observed']);
    const [other] = told([{ portFailures: [failure()], sysctls: {} }]);
    assert.deepEqual([other?.count, other?.forecast, other?.confidence], [3, null, 'inferred']);
  });

  it('is held for three looks, and for as long as all the ports are taken', () => {
    const fails = { portFailures: [failure()] };
    assert.deepEqual(found([fails, {}, {}]), ['exhausted 3']);
    assert.deepEqual(found([fails, {}, {}, {}]), []);
    const full = { census: census(towards(1000, 0)) };
    assert.deepEqual(found([{ ...fails, ...full }, ...again(20, full)]), ['exhausted 1000']);
    assert.deepEqual(found([{ ...fails, ...full }, ...again(3, { census: census(towards(899, 0)) })]), []);
  });

  it('recovers → cleared once', () => {
    const recovered = again(40, { census: census(towards(100, 0)) });
    const stages = told([{ portFailures: [failure()], census: census(towards(1000, 990)) }, ...recovered]);
    assert.deepEqual(
      stages.map(({ status, count }) => `${status} ${count}`),
      ['raised 1000', 'changed 0', 'cleared 0'],
    );
  });

  it('failures of later looks are added up; one whose line is known comes first', () => {
    const unsited = [{ at: seconds(0), connectionId: '4000', site: undefined }];
    const looks = [
      { portFailures: [failure({ sample: unsited })] },
      ...again(8, { portFailures: [failure({ count: 2 })] }),
    ];
    const last = told(looks).at(-1);
    assert.equal(last?.sample[0]?.connection_id, '4001');
    assert.ok((last?.subject.failures ?? 0) >= 15);
  });

  it('towards another destination is another finding', () => {
    const other = failure({ peer: endpoint('10.0.0.3', 5432), requested: endpoint('10.0.0.3', 5432) });
    const places = told([{ portFailures: [failure(), other] }]).map(({ subject }) => subject.destination);
    assert.deepEqual(places, ['db:5432', '10.0.0.3:5432']);
  });

  it('that the application wants to hear nothing of → none', () => {
    const ignores = (peer: { address: string }) => peer.address === '10.0.0.2';
    assert.deepEqual(found([{ portFailures: [failure()], census: census(towards(1000, 0)) }], { ignores }), []);
    assert.deepEqual(found([{ census: census(towards(1000, 0)) }], { ignores }), []);
  });
});

describe('EADDRNOTAVAIL of IPv6: no port, or no address to go from', () => {
  const six = failure({ peer: endpoint('::1', 5432), requested: endpoint('localhost', 5432) });
  const own = (ports: number) => towards(ports, 0, { localAddress: '::1', peerAddress: '::1' });

  it('half of the ports are taken there → found; fewer, or not known → none', () => {
    assert.deepEqual(found([{ portFailures: [six], census: census(own(500)) }]), ['exhausted 3']);
    assert.deepEqual(found([{ portFailures: [six], census: census(own(499)) }]), []);
    assert.deepEqual(found([{ portFailures: [six], census: census(towards(500, 0)) }]), []);
    assert.deepEqual(found([{ portFailures: [six] }]), []);
  });
});

describe('which failures deserve a census in the same look', () => {
  const deserves = (fields: Partial<PortFailure>, sockets: number) =>
    deservesCensus([failure(fields)], { tw: sockets - 100, inuse: 100 }, 1000);

  it('of IPv4, and of bind(): always; of IPv6 where there are sockets enough', () => {
    assert.equal(deserves({}, 100), true);
    assert.equal(deserves({ error: 'EADDRINUSE', peer: endpoint('::1', 80), localAddress: '::1' }, 100), true);
    assert.equal(deserves({ peer: endpoint('::1', 80) }, 499), false);
    assert.equal(deserves({ peer: endpoint('::1', 80) }, 500), true);
    assert.equal(deservesCensus([], { tw: 900, inuse: 100 }, 1000), false);
  });
});

//  bind(10.0.0.1, 0) ─▶ EADDRINUSE    40000 ┌──────────────┐ 10.0.0.2:5432
//                                           ├──────────────┤ 10.0.0.3:80      one pool: no port is left for either
//                                     40999 └──────────────┘
describe('pooled by bind()', () => {
  const pooled = failure({ error: 'EADDRINUSE', localAddress: '10.0.0.1' });
  const both = census(towards(600, 0), towards(400, 10, { peerAddress: '10.0.0.3', peerPort: 80 }));

  it('the place is the local address, and its ports are those of all destinations together', () => {
    const [finding, ...more] = told([
      { portFailures: [pooled, { ...pooled, peer: endpoint('10.0.0.3', 80) }], census: both },
    ]);
    assert.deepEqual(more, []);
    assert.deepEqual([finding?.cause, finding?.count, finding?.sample[0]?.local], ['exhausted', 1000, '10.0.0.1']);
    const { destination, local_address, pooled_bind, failures, time_waits } = finding?.subject ?? {};
    assert.deepEqual(
      { destination, local_address, pooled_bind, failures, time_waits },
      { destination: undefined, local_address: '10.0.0.1', pooled_bind: true, failures: 6, time_waits: 10 },
    );
  });

  it('one destination has them all: one finding, not two', () => {
    const looks = again(2, { portFailures: [pooled], census: census(towards(1000, 0)) });
    assert.deepEqual(found(looks), ['exhausted 1000']);
  });

  it('what bind() has taken, connect() without an address does not get either', () => {
    const elsewhere = failure({ peer: endpoint('10.0.0.9', 443), requested: undefined });
    const [finding] = told([{ portFailures: [elsewhere], census: both }]);
    assert.deepEqual([finding?.count, finding?.subject.pooled_bind], [1000, true]);
    assert.equal(finding?.subject.destination, '10.0.0.9:443');
  });
});

describe('nearly all ports are taken, though nobody has failed', () => {
  it('95 % → exhausted, at the second look; less → none', () => {
    assert.deepEqual(found([{ census: census(towards(950, 900)) }]), ['exhausted 950']);
    assert.deepEqual(found([{ census: census(towards(949, 900)) }]), []);
    const [finding] = told(again(2, { census: census(towards(950, 900)) }));
    assert.deepEqual([finding?.severity, finding?.forecast], ['critical', { limit: 1000, reached_in_s: 0 }]);
    assert.equal(finding?.age_s, 5);
  });

  it('reserved ports are no ports', () => {
    const sysctls = { ...settings, reservedPorts: [{ first: 40_000, last: 40_499 }] };
    assert.deepEqual(found([{ sysctls, census: census(towards(475, 0)) }]), ['exhausted 475']);
    assert.deepEqual(found([{ sysctls, census: census(towards(474, 0)) }]), []);
  });

  it('TIME_WAITs whose port connect() takes over are not in its way', () => {
    const reuse = (tcp_tw_reuse: number, destination: DestinationCount) =>
      found([{ sysctls: { ...settings, tcp_tw_reuse }, census: census(destination) }]);
    const loopback = { localAddress: '127.0.0.1', peerAddress: '127.0.0.1' };
    assert.deepEqual(reuse(1, towards(1000, 990)), []);
    assert.deepEqual(reuse(1, towards(1000, 50)), ['exhausted 1000']);
    assert.deepEqual(reuse(2, towards(1000, 990)), ['exhausted 1000']);
    assert.deepEqual(reuse(2, towards(1000, 990, loopback)), []);
    assert.deepEqual(reuse(0, towards(1000, 990, loopback)), ['exhausted 1000']);
  });

  it('each local address has ports of its own; of one destination the fullest counts', () => {
    const other = { localAddress: '10.0.0.7' };
    assert.deepEqual(found([{ census: census(towards(600, 0), towards(600, 0, other)) }]), []);
    assert.deepEqual(found([{ census: census(towards(100, 0), towards(990, 0, other)) }]), ['exhausted 990']);
  });

  it('a census of TIME_WAITs alone says nothing of the ports', () => {
    const waiting = { ...census(towards(990, 990)), states: ['time_wait'] as const };
    assert.deepEqual(found([{ census: waiting }]), []);
  });

  it('a census is wanted until one shows that it is over', () => {
    const detector = new EphemeralPorts({ timeWaitShare: 0.5 });
    const wants = [1000, 900, 899].map((ports, n) => {
      detector.examine({ ...nothing, census: census(towards(ports, 0)) }, seconds(n));
      return detector.wantsCensus;
    });
    assert.deepEqual(wants, [true, true, false]);
  });

  it('what a census said holds for a minute without another', () => {
    const full = { census: census(towards(1000, 0)) };
    assert.deepEqual(found([full, ...again(12, {})]), ['exhausted 1000']);
    assert.deepEqual(found([full, ...again(13, {})]), []);
  });
});

//  ports │          ╱ · limit            ports │ ___________ · limit
//        │       ╱                             │
//        │    ╱        sick                    │              healthy
//        └──────────────                       └──────────────
describe('the ports will not do', () => {
  const filling = (ports: number[], fields = {}) =>
    ports.map((count) => ({ census: census(towards(count, count, fields)) }));

  it('half of them taken and 17 more a second → forecast, when three looks agree', () => {
    assert.deepEqual(found(filling([300, 385, 470, 555, 640, 725, 810])), ['forecast 810']);
    assert.deepEqual(found(filling([300, 385, 470, 555, 640, 725])), []);
    const [finding] = told(filling([300, 385, 470, 555, 640, 725, 810]));
    assert.deepEqual([finding?.cause, finding?.severity, finding?.count], ['forecast', 'critical', 810]);
    assert.deepEqual([finding?.forecast, finding?.growth_per_minute], [{ limit: 1000, reached_in_s: 11 }, 1020]);
  });

  it('with more than a minute left, when four looks agree', () => {
    const open = [500, 510, 520, 530, 540, 550, 560, 570].map((count) => ({ census: census(towards(count, 0)) }));
    assert.deepEqual(found(open.slice(0, -1)), []);
    assert.deepEqual(found(open), ['forecast 570']);
  });

  it('fewer than half of them → none yet; the share is the option’s', () => {
    const looks = filling([0, 74, 159, 244, 329, 414, 499]);
    assert.deepEqual(found(looks), []);
    assert.deepEqual(found(looks, { timeWaitShare: 0.499 }), ['forecast 499']);
    assert.deepEqual(found(looks, { timeWaitShare: 0.5 }), []);
  });

  it('many, and no more of them → none', () => {
    assert.deepEqual(found(filling(again(60, 900))), []);
  });

  it('TIME_WAITs that connect() takes over, however many more → none', () => {
    const looks = filling([300, 400, 500, 600, 700, 800, 900]).map((look) => ({
      ...look,
      sysctls: { ...settings, tcp_tw_reuse: 1 },
    }));
    assert.deepEqual(found(looks), []);
  });

  it('a count of a part is not taken for a fall, nor the next for growth', () => {
    const whole = census(towards(700, 700));
    const part = { ...census(towards(100, 100)), whole: false };
    assert.deepEqual(found([whole, part, whole, part, whole, part, whole].map((one) => ({ census: one }))), []);
  });

  it('then they are all taken → the same finding, exhausted', () => {
    const looks = [
      ...filling([300, 400, 500, 600, 700, 800, 900, 940]),
      ...again(8, { census: census(towards(1000, 1000)), portFailures: [failure()] }),
    ];
    const stages = told(looks).map(({ id, status, cause }) => `${status} ${id} ${cause}`);
    assert.deepEqual(stages, ['raised ephemeral_ports-4711-1 forecast', 'changed ephemeral_ports-4711-1 exhausted']);
  });
});
