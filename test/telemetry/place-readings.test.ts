import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Census, DestinationCount, ListenerCount } from '../../src/connection/census.ts';
import { EphemeralRange } from '../../src/connection/ephemeral-range.ts';
import type { Sysctls } from '../../src/connection/host-fact.ts';
import { Measurements, type Reading } from '../../src/telemetry/measurements.ts';
import { other } from '../../src/telemetry/metric-names.ts';
import { PlaceReadings } from '../../src/telemetry/place-readings.ts';
import { seconds } from '../connection/observations.ts';

type Towards = Partial<DestinationCount> & { readonly n: number };

interface Counted {
  readonly to?: readonly Towards[];
  readonly at?: readonly Pick<ListenerCount, 'port' | 'timeWaits'>[];
  readonly ours?: readonly number[];
  /** TIME_WAITs towards destinations that the census does not name. */
  readonly untold?: number;
  readonly sysctls?: Sysctls;
  readonly second?: number;
}

function destination({ n, ...counts }: Towards): DestinationCount {
  const peerAddress = `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
  return { localAddress: '10.9.9.9', peerAddress, peerPort: 443, ports: 1, timeWaits: 0, authors: [], ...counts };
}

/** Of 1,000 ports, none of which is taken again before its minute is over. */
const few: Sysctls = { firstPort: 40_000, lastPort: 40_999, tcp_tw_reuse: 0 };

function count(readings: PlaceReadings, { to = [], at = [], untold = 0, second = 0, ...given }: Counted): void {
  const { sysctls = few, ours = [] } = given;
  const destinations = to.map(destination);
  const outward = destinations.reduce((sum, { timeWaits }) => sum + timeWaits, untold);
  const listeners = at.map((one) => ({ ...one, authors: [], unclaimed: [], unclaimedPerSecond: 0 }));
  const census: Census = { states: ['established'], whole: true, sockets: 0, timeWaits: 0, destinations, listeners };
  const range = EphemeralRange.of(sysctls) ?? assert.fail('no range');
  readings.counted({ at: seconds(second), census, outward, ours: new Set(ours), sysctls, range, everyUs: 15e6 });
}

/** What is read of one census a second later: of each metric, the values by what is at the end of their attributes. */
function read(counted: Counted, readings = new PlaceReadings(() => true)): Record<string, Record<string, number>> {
  count(readings, counted);
  return byMetric(readings.readings(seconds((counted.second ?? 0) + 1)));
}

function byMetric(readings: readonly Reading[]): Record<string, Record<string, number>> {
  const all: Record<string, Record<string, number>> = {};
  for (const { name, value, attributes } of readings) {
    const short = name.replace('synfin.tcp.', '');
    const of = all[short] ?? {};
    all[short] = of;
    const address = attributes['network.peer.address'];
    of[address === undefined ? `:${attributes['server.port']}` : `${address}`] = value;
  }
  return all;
}

describe('TIME_WAITs and ports, by destination', () => {
  it('one destination → its TIME_WAITs, its ports, how many there are, and the share', () =>
    assert.deepEqual(read({ to: [{ n: 1, ports: 300, timeWaits: 200 }] }), {
      'time_wait.count': { '10.0.0.1': 200, _OTHER: 0 },
      'ephemeral_port.usage': { '10.0.0.1': 300, _OTHER: 0 },
      'ephemeral_port.limit': { '10.0.0.1': 1000, _OTHER: 1000 },
      'ephemeral_port.utilization': { '10.0.0.1': 0.3, _OTHER: 0 },
    }));

  it('the attributes are the local address, the peer’s and its port; for the rest each of them is _OTHER', () => {
    const readings = new PlaceReadings(() => true);
    count(readings, { to: [{ n: 1 }] });
    const [one, , , , rest] = readings.readings(seconds(1));
    const names = ['network.local.address', 'network.peer.address', 'network.peer.port'];
    assert.deepEqual(Object.entries(one?.attributes ?? {}), [
      [names[0], '10.9.9.9'],
      [names[1], '10.0.0.1'],
      [names[2], 443],
    ]);
    assert.deepEqual(rest?.attributes, Object.fromEntries(names.map((name) => [name, '_OTHER'])));
  });

  it('tcp_tw_reuse=1 → a TIME_WAIT keeps no port from a new connection', () => {
    const of = read({ to: [{ n: 1, ports: 300, timeWaits: 200 }], sysctls: { ...few, tcp_tw_reuse: 1 } });
    assert.deepEqual([of['time_wait.count']?.['10.0.0.1'], of['ephemeral_port.usage']?.['10.0.0.1']], [200, 100]);
  });

  it('tcp_tw_reuse=2 → nor does one on loopback, and elsewhere it does', () => {
    const to = [
      { n: 1, ports: 300, timeWaits: 200, localAddress: '127.0.0.1', peerAddress: '127.0.0.1' },
      { n: 2, ports: 300, timeWaits: 200 },
    ];
    const { 'ephemeral_port.usage': usage } = read({ to, sysctls: { ...few, tcp_tw_reuse: 2 } });
    assert.deepEqual(usage, { '127.0.0.1': 100, '10.0.0.2': 300, _OTHER: 0 });
  });

  it('reserved ports are none that there are', () => {
    const sysctls = { ...few, reservedPorts: [{ first: 40_100, last: 40_299 }] };
    const of = read({ to: [{ n: 1, ports: 400 }], sysctls });
    assert.deepEqual(
      [of['ephemeral_port.limit']?.['10.0.0.1'], of['ephemeral_port.utilization']?.['10.0.0.1']],
      [800, 0.5],
    );
  });

  it('no port is given away at all → no share of nothing', () => {
    const sysctls = { ...few, reservedPorts: [{ first: 40_000, last: 40_999 }] };
    assert.deepEqual(read({ to: [], sysctls })['ephemeral_port.utilization'], { _OTHER: 0 });
  });

  it('more than twenty → of TIME_WAITs the sum of the rest, of ports the fullest of the rest', () => {
    const to = Array.from({ length: 25 }, (_, n) => ({ n, ports: 100 - n, timeWaits: 50 - n }));
    const of = read({ to });
    for (const values of Object.values(of)) assert.equal(Object.keys(values).length, 21);
    assert.equal(of['time_wait.count']?.[other], 30 + 29 + 28 + 27 + 26);
    assert.equal(of['ephemeral_port.usage']?.[other], 80);
    assert.equal(of['ephemeral_port.utilization']?.[other], 0.08);
  });

  it('TIME_WAITs towards destinations that the census does not name are in the sum of the rest', () => {
    const { 'time_wait.count': waiting } = read({ to: [{ n: 1, timeWaits: 7 }], untold: 1234 });
    assert.deepEqual(waiting, { '10.0.0.1': 7, _OTHER: 1234 });
  });
});

describe('TIME_WAITs on the server side', () => {
  it('by port, those of ours where none waits with 0', () => {
    const { 'time_wait.count': waiting } = read({ at: [{ port: 80, timeWaits: 12 }], ours: [443, 80] });
    assert.deepEqual(waiting, { ':80': 12, ':443': 0, _OTHER: 0 });
  });

  it('more than 64 ports → the sum of the rest', () => {
    const ours = Array.from({ length: 66 }, (_, n) => 3000 + n);
    const at = [3065, 3064, 3063].map((port) => ({ port, timeWaits: 5 }));
    const { 'time_wait.count': waiting = {} } = read({ at, ours });
    const ports = Object.keys(waiting).filter((name) => name.startsWith(':'));
    assert.equal(ports.length, 65);
    assert.deepEqual([waiting[':3063'], waiting[':_OTHER']], [5, 10]);
  });
});

describe('a census that grows old', () => {
  const asked = (census: readonly number[], second: number) => {
    const readings = new PlaceReadings(() => true);
    for (const at of census) count(readings, { to: [{ n: 1, timeWaits: 5 }], second: at });
    return readings.readings(seconds(second)).length > 0;
  };

  it('none yet → nothing is said', () => assert.deepEqual(new PlaceReadings(() => true).readings(seconds(1)), []));

  it('holds for as long as its TIME_WAITs can last, and not for ever', () =>
    assert.deepEqual([asked([0, 15], 77), asked([0, 15], 78)], [true, false]));

  it('taken every 60 s → it holds until the next one is long overdue', () =>
    assert.deepEqual([asked([0, 65], 190), asked([0, 65], 196)], [true, false]));

  it('whoever collects then reads 0, also of how many ports there are', async () => {
    const hub = new Measurements(() => assert.fail());
    const readings = new PlaceReadings(() => true);
    let now = seconds(1);
    hub.readBy(() => readings.readings(now));
    count(readings, { to: [{ n: 1, timeWaits: 5 }] });
    const values = async () => (await hub.read()).map(({ value }) => value);
    assert.deepEqual(await values(), [5, 1, 1000, 0.001, 0, 0, 1000, 0]);
    now = seconds(1000);
    assert.deepEqual(await values(), [0, 0, 0, 0, 0, 0, 0, 0]);
  });
});

describe('thousands of destinations and hundreds of ports that come and go', () => {
  it('never more than 200 series of a metric, and no TIME_WAIT is lost', async () => {
    const hub = new Measurements(() => assert.fail());
    const readings = new PlaceReadings(() => true);
    let now = seconds(0);
    hub.readBy(() => readings.readings(now));
    const series = new Map<string, Set<string>>();
    for (let round = 0; round < 60; round++) {
      const to = Array.from({ length: 1000 }, (_, n) => ({
        n: round * 500 + n,
        ports: 10 + ((n * 7919) % 500),
        timeWaits: n % 10,
      }));
      const at = Array.from({ length: 200 }, (_, n) => ({ port: 1024 + round * 50 + n, timeWaits: 1 }));
      now = seconds(round * 15);
      count(readings, { to, at, untold: 3000, second: round * 15 });
      let waiting = 0;
      for (const { name, value, attributes } of await hub.read()) {
        if (name === 'synfin.tcp.time_wait.count') waiting += value;
        series.set(name, (series.get(name) ?? new Set()).add(JSON.stringify(attributes)));
      }
      assert.equal(waiting, 4500 + 3000 + 200);
    }
    const counts = [...series.values()].map(({ size }) => size);
    assert.deepEqual(counts, [166, 101, 101, 101]);
    assert.equal(hub.dropped, 0);
  });
});
