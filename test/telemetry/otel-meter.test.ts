import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { createNoopMeter, metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { Measurements, type Reading } from '../../src/telemetry/measurements.ts';
import { type Metric, metric } from '../../src/telemetry/metric-names.ts';
import { OtelMeter } from '../../src/telemetry/otel-meter.ts';

const name = 'synfin.tcp.connection.leak.destroyed';
const paused = { 'synfin.leak.type': 'close_wait', 'synfin.leak.cause': 'paused' };
const unread = { 'synfin.leak.type': 'unread_data', 'synfin.leak.cause': 'no_consumer' };

function made() {
  const faults: unknown[] = [];
  const fault = (_where: string, error: unknown) => void faults.push(error);
  const ours = new Measurements(fault);
  const meter = new OtelMeter({ version: '1.2.3', measurements: ours, fault });
  ours.join(meter);
  return { faults, ours, meter };
}

/** An SDK, and what it has been told. */
function sdk() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  const collected = async () => {
    await provider.forceFlush();
    const scopes = exporter.getMetrics().at(-1)?.scopeMetrics ?? [];
    return scopes.flatMap(({ scope, metrics: all }) =>
      all.map(({ descriptor, dataPoints }) => ({ scope, descriptor, dataPoints })),
    );
  };
  const points = async (of: string) => {
    const found = (await collected()).find(({ descriptor }) => descriptor.name === of);
    return found?.dataPoints.map(({ attributes, value }) => [attributes, value]);
  };
  return { provider, collected, points, end: () => provider.shutdown() };
}

function registered() {
  const there = sdk();
  metrics.setGlobalMeterProvider(there.provider);
  return there;
}

describe('a counter', () => {
  afterEach(() => metrics.disable());

  it('an SDK is there → its values, by their attributes, with unit and scope', async () => {
    const { collected, points } = registered();
    const { ours } = made();
    ours.add(name, 1, paused);
    ours.add(name, 1, paused);
    ours.add(name, 1, unread);
    const told = (await collected()).find(({ descriptor }) => descriptor.name === name);
    assert.deepEqual([told?.scope.name, told?.scope.version], ['synfin', '1.2.3']);
    assert.equal(told?.descriptor.unit, '{connection}');
    assert.deepEqual(await points(name), [
      [paused, 2],
      [unread, 1],
    ]);
  });

  it('an SDK comes late → it is told what was counted before, and each thing once', async () => {
    const { ours, meter, faults } = made();
    ours.add(name, 1, paused);
    assert.equal(ours.isHeard, false);
    const { points } = registered();
    assert.equal(ours.isHeard, true);
    ours.add(name, 1, paused);
    meter.bind();
    ours.add(name, 1, paused);
    assert.deepEqual(await points(name), [[paused, 3]]);
    assert.deepEqual(faults, []);
  });

  it('an SDK comes late, and nothing happens any more → it is told when it is looked for', async () => {
    const { ours, meter } = made();
    ours.add(name, 4, unread);
    const { points } = registered();
    meter.bind();
    assert.deepEqual(await points(name), [[unread, 4]]);
  });

  it('an SDK goes, and another one comes → each knows all since the start', async () => {
    const { ours } = made();
    const first = registered();
    ours.add(name, 1, paused);
    assert.deepEqual(await first.points(name), [[paused, 1]]);
    metrics.disable();
    ours.add(name, 1, paused);
    const second = registered();
    ours.add(name, 2, unread);
    assert.deepEqual(await second.points(name), [
      [paused, 2],
      [unread, 2],
    ]);
  });

  it('an SDK goes, and the same one comes again → it is told what it missed, and nothing twice', async () => {
    const { ours, meter } = made();
    const first = registered();
    ours.add(name, 3, paused);
    for (const other of [registered, () => {}]) {
      metrics.disable();
      other();
      meter.bind();
      ours.add(name, 1, paused);
      metrics.disable();
      metrics.setGlobalMeterProvider(first.provider);
      ours.add(name, 1, unread);
    }
    assert.deepEqual(await first.points(name), [
      [paused, 5],
      [unread, 2],
    ]);
  });

  it('a provider is handed over → it is told instead of the one that is registered', async () => {
    const global = registered();
    const own = sdk();
    const { ours, meter } = made();
    meter.setMeterProvider(own.provider);
    ours.add(name, 1, paused);
    assert.deepEqual(await own.points(name), [[paused, 1]]);
    assert.equal(await global.points(name), undefined);
  });

  it('a provider that does nothing is handed over → the one that is registered is told', async () => {
    class NoopMeterProvider {
      getMeter = () => createNoopMeter();
    }
    const { points } = registered();
    const { ours, meter } = made();
    meter.setMeterProvider(new NoopMeterProvider());
    ours.add(name, 1, paused);
    assert.deepEqual(await points(name), [[paused, 1]]);
  });

  it('ended → nobody hears', async () => {
    const { points } = registered();
    const { ours, meter } = made();
    meter.end();
    ours.add(name, 1, paused);
    assert.equal(ours.isHeard, false);
    assert.equal(await points(name), undefined);
  });

  it('an SDK that throws → the error stays here', () => {
    const broken = {
      getMeter: () => {
        throw new Error('no meters today');
      },
    };
    metrics.setGlobalMeterProvider(broken);
    const { ours, faults } = made();
    ours.add(name, 1, paused);
    assert.equal(faults.length, 1);
  });
});

describe('a histogram', () => {
  afterEach(() => metrics.disable());

  it('has the buckets of its table: a handshake of 2 ms is not in the first one', async () => {
    const { collected } = registered();
    const { ours } = made();
    ours.record('synfin.tcp.handshake.duration', 0.002, { 'synfin.tcp.role': 'client' });
    const told = (await collected()).find(({ descriptor }) => descriptor.name === 'synfin.tcp.handshake.duration');
    const value = told?.dataPoints[0]?.value as { buckets: { boundaries: number[]; counts: number[] } } | undefined;
    const { buckets } = value ?? assert.fail('it was not told');
    assert.deepEqual(buckets.boundaries, metric['synfin.tcp.handshake.duration'].buckets);
    assert.equal(buckets.counts.indexOf(1), buckets.boundaries.indexOf(0.0025));
  });
});

describe('what is read', () => {
  afterEach(() => metrics.disable());
  const open = (value: number, severity: string): Reading => ({
    name: 'synfin.finding.count',
    value,
    attributes: {
      'synfin.finding.kind': 'stuck_write',
      'synfin.finding.cause': 'retransmitting',
      'synfin.finding.severity': severity,
    },
  });

  it('is read when somebody collects; what is gone is read as 0', async () => {
    const { ours, meter } = made();
    let readings = [open(2, 'warning')];
    ours.readBy(() => readings);
    const { points } = registered();
    meter.bind();
    const values = async () => (await points('synfin.finding.count'))?.map(([, value]) => value);
    assert.deepEqual(await values(), [2]);
    readings = [open(1, 'critical')];
    assert.deepEqual(await values(), [0, 1]);
    readings = [];
    assert.deepEqual(await values(), [0, 0]);
  });

  it('a reader that fails → the others are read, and the error stays here', async () => {
    const { ours, meter, faults } = made();
    ours.readBy(() => {
      throw new Error('unreadable');
    });
    ours.readBy(async () => [open(1, 'warning')]);
    const { points } = registered();
    meter.bind();
    assert.equal((await points('synfin.finding.count'))?.length, 1);
    assert.equal(faults.length, 1);
  });

  it('a reader that fails where it did not before → what it read then is not told to be 0', async () => {
    const { ours } = made();
    let fails = false;
    ours.readBy(() => {
      if (fails) throw new Error('unreadable');
      return [open(3, 'warning')];
    });
    await ours.read();
    fails = true;
    assert.deepEqual(await ours.read(), []);
    fails = false;
    assert.deepEqual(await ours.read(), [open(3, 'warning')]);
  });

  it('the SDK goes → it does not ask any more', async () => {
    const { ours, meter } = made();
    let asked = 0;
    ours.readBy(() => {
      asked++;
      return [];
    });
    const first = registered();
    meter.bind();
    await first.collected();
    assert.equal(asked, 1);
    metrics.disable();
    registered();
    meter.bind();
    await first.collected();
    assert.equal(asked, 1);
  });

  it('the SDK goes, or we end → what it was told last is said of now no longer', async () => {
    for (const goes of [() => metrics.disable(), (meter: OtelMeter) => meter.end()]) {
      const { ours, meter } = made();
      ours.readBy(() => [open(2, 'warning')]);
      const { points } = registered();
      meter.bind();
      const values = async () => (await points('synfin.finding.count'))?.map(([, value]) => value);
      assert.deepEqual(await values(), [2]);
      goes(meter);
      meter.bind();
      for (let n = 0; n < 2; n++) assert.deepEqual(await values(), [0]);
    }
  });

  it('ended and started anew in the same SDK → as it is now, and what was there only before is 0', async () => {
    const { points } = registered();
    const values = async () => (await points('synfin.finding.count'))?.map(([, value]) => value);
    const before = made();
    before.ours.readBy(() => [open(2, 'warning'), open(3, 'critical')]);
    before.meter.bind();
    assert.deepEqual(await values(), [2, 3]);
    before.meter.end();
    assert.deepEqual(await values(), [0, 0]);
    const anew = made();
    anew.ours.readBy(() => [open(5, 'warning')]);
    anew.meter.bind();
    for (let n = 0; n < 2; n++) assert.deepEqual(await values(), [5, 0]);
    assert.deepEqual([before.faults, anew.faults], [[], []]);
  });

  it('more sets of attributes than there is room for → two hundred series, the rest is counted', async () => {
    const { ours } = made();
    const many = Array.from({ length: 250 }, (_, port): Reading => {
      return { name: 'synfin.tcp.accept_queue.usage', value: 1, attributes: { 'server.port': port } };
    });
    ours.readBy(() => many);
    assert.equal((await ours.read()).length, 200);
    assert.equal(ours.dropped, 50);
  });
});

describe('the table of metrics', () => {
  it('has buckets for each histogram, in rising order, and for nothing else', () => {
    for (const [of, { instrument, buckets, unit }] of Object.entries<Metric>(metric)) {
      assert.equal(buckets !== undefined, instrument === 'histogram', of);
      if (buckets === undefined) continue;
      assert.equal(unit, 's');
      assert.deepEqual(
        [...buckets].sort((one, other) => one - other),
        buckets,
      );
    }
  });
});
