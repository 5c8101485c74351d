import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { Metrics } from '../../src/telemetry/metrics.ts';

const name = 'synfin.tcp.connection.leak.destroyed';
const paused = { 'synfin.leak.type': 'close_wait', 'synfin.leak.cause': 'paused' };
const unread = { 'synfin.leak.type': 'unread_data', 'synfin.leak.cause': 'no_consumer' };

function made(allowed = true) {
  const faults: unknown[] = [];
  return { faults, metrics: new Metrics({ version: '1.2.3', allowed, fault: (_where, error) => faults.push(error) }) };
}

/** An SDK that is registered from here on, and what it has been told. */
function sdk() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  metrics.setGlobalMeterProvider(provider);
  return async () => {
    await provider.forceFlush();
    const scopes = exporter.getMetrics().at(-1)?.scopeMetrics ?? [];
    const told = scopes.flatMap(({ scope, metrics: all }) =>
      all.map(({ descriptor, dataPoints }) => ({ scope, descriptor, dataPoints })),
    );
    await provider.shutdown();
    return told;
  };
}

describe('a counter', () => {
  afterEach(() => metrics.disable());

  it('an SDK is there → its values, by their attributes, with unit and scope', async () => {
    const collected = sdk();
    const { metrics: ours } = made();
    ours.add(name, 1, paused);
    ours.add(name, 1, paused);
    ours.add(name, 1, unread);
    const [told, ...others] = await collected();
    assert.deepEqual(others, []);
    assert.deepEqual([told?.scope.name, told?.scope.version], ['synfin', '1.2.3']);
    assert.deepEqual([told?.descriptor.name, told?.descriptor.unit], [name, '{connection}']);
    assert.deepEqual(
      told?.dataPoints.map(({ attributes, value }) => [attributes, value]),
      [
        [paused, 2],
        [unread, 1],
      ],
    );
  });

  it('an SDK comes later → it is told from then on', async () => {
    const { metrics: ours, faults } = made();
    ours.add(name, 1, paused);
    const collected = sdk();
    ours.add(name, 1, paused);
    const [told] = await collected();
    assert.deepEqual(
      told?.dataPoints.map(({ value }) => value),
      [1],
    );
    assert.deepEqual(faults, []);
  });

  it('an SDK goes, and another one comes → each has its own', async () => {
    const { metrics: ours } = made();
    const first = sdk();
    ours.add(name, 1, paused);
    assert.equal((await first())[0]?.dataPoints[0]?.value, 1);
    metrics.disable();
    ours.add(name, 1, paused);
    const second = sdk();
    ours.add(name, 1, unread);
    ours.add(name, 1, unread);
    assert.deepEqual(
      (await second())[0]?.dataPoints.map(({ attributes, value }) => [attributes, value]),
      [[unread, 2]],
    );
  });

  it('OTEL_SDK_DISABLED → an SDK that is there all the same is told nothing', async () => {
    const collected = sdk();
    made(false).metrics.add(name, 1, paused);
    assert.deepEqual(await collected(), []);
  });

  it('an SDK that throws → the error stays here', () => {
    const broken = {
      getMeter: () => {
        throw new Error('no meters today');
      },
    };
    metrics.setGlobalMeterProvider(broken);
    const { metrics: ours, faults } = made();
    ours.add(name, 1, paused);
    assert.equal(faults.length, 1);
  });
});
