import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { AggregatorRegistry, Gauge, Registry, type RegistryContentType } from 'prom-client';
import { RegistrySink } from '../../src/prometheus/registry-sink.ts';
import { Measurements, type MetricAttributes, type Reading } from '../../src/telemetry/measurements.ts';
import { type Metric, metric, type ObservableName } from '../../src/telemetry/metric-names.ts';
import { prometheusLabel, prometheusName } from '../../src/telemetry/prometheus-names.ts';

const leaks = 'synfin.tcp.connection.leaks';
const paused = { 'synfin.leak.type': 'close_wait', 'synfin.leak.cause': 'paused' };
const pausedLabels = 'synfin_leak_type="close_wait",synfin_leak_cause="paused"';

function made({ register = new Registry<RegistryContentType>(), waitMs = 4000 } = {}) {
  const faults: string[] = [];
  const ours = new Measurements((_where, error) => void faults.push(String(error)));
  const sink = new RegistrySink(ours, waitMs);
  /** The lines that have a value. */
  const lines = async () => (await register.metrics()).split('\n').filter((line) => line !== '' && line[0] !== '#');
  return { register, ours, sink, faults, lines };
}

function joined(options?: Parameters<typeof made>[0]) {
  const all = made(options);
  all.sink.join(all.register);
  return all;
}

const reading = (name: ObservableName, value: number, attributes: MetricAttributes = {}): Reading => {
  return { name, value, attributes };
};

/** A metric of the application's own. */
function applications(register: Registry<RegistryContentType>): void {
  const gauge = new Gauge({ name: 'of_the_application', help: 'its own', registers: [] });
  gauge.set(42);
  register.registerMetric(gauge);
}

describe('a registry of prom-client', () => {
  it('has each metric of the table: name, type, help, and before anything is known of it no value', async () => {
    const { register, lines } = joined();
    assert.deepEqual(await lines(), []);
    const text = await register.metrics();
    for (const [name, about] of Object.entries<Metric>(metric)) {
      const type = about.instrument.replace('up_down_counter', 'gauge');
      const inProm = prometheusName(name, about);
      assert.ok(text.includes(`# HELP ${inProm} ${about.description}\n# TYPE ${inProm} ${type}\n`), name);
    }
    assert.equal(register.getMetricsAsArray().length, Object.keys(metric).length);
  });

  it('a metric with all its attributes → a line with all their labels', async () => {
    const { ours, lines, faults } = joined();
    const readings = Object.entries<Metric>(metric).map(([name, { attributes, observable, instrument }]) => {
      const values = Object.fromEntries(attributes.map((attribute) => [attribute, 'x']));
      if (observable) return reading(name as ObservableName, 3, values);
      if (instrument === 'counter') ours.add(name as typeof leaks, 3, values);
      else ours.record(name as 'synfin.tcp.handshake.duration', 3, values);
      return undefined;
    });
    ours.readBy(() => readings.filter((one) => one !== undefined));
    const all = await lines();
    for (const [name, about] of Object.entries<Metric>(metric)) {
      const labels = about.attributes.map((attribute) => `${prometheusLabel(attribute)}="x"`).join();
      const suffix = about.instrument === 'histogram' ? '_sum' : '';
      const line = `${prometheusName(name, about)}${suffix}${labels && `{${labels}}`} 3`;
      assert.ok(all.includes(line), line);
    }
    assert.deepEqual(faults, []);
  });

  it('an attribute that is not told is no label', async () => {
    const { ours, lines } = joined();
    ours.record('synfin.tcp.handshake.duration', 0.002, { 'synfin.tcp.role': 'client' });
    assert.ok((await lines()).includes('synfin_tcp_handshake_duration_seconds_count{synfin_tcp_role="client"} 1'));
  });

  it("a registry's own labels are on each line", async () => {
    const { register, ours, lines } = joined();
    register.setDefaultLabels({ app: 'shop' });
    ours.add(leaks, 1, paused);
    ours.readBy(() => [reading('synfin.spans.dropped', 0)]);
    assert.deepEqual(await lines(), [
      `synfin_tcp_connection_leaks_total{${pausedLabels},app="shop"} 1`,
      'synfin_spans_dropped_total{app="shop"} 0',
    ]);
  });

  it('of another copy of prom-client → the same', async () => {
    const require = createRequire(import.meta.url);
    const cached = Object.keys(require.cache).filter((path) => path.includes('prom-client'));
    for (const path of cached) delete require.cache[path];
    const other = require('prom-client') as typeof import('prom-client');
    assert.notEqual(other.Registry, Registry);
    const { ours, lines } = joined({ register: new other.Registry() });
    ours.add(leaks, 1, paused);
    assert.deepEqual(await lines(), [`synfin_tcp_connection_leaks_total{${pausedLabels}} 1`]);
  });

  it('in the format of OpenMetrics → counters end in _total once, and all of it goes again', async () => {
    const register = new Registry<RegistryContentType>();
    register.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    const { ours, sink, lines } = joined({ register });
    ours.add(leaks, 1, paused);
    for (const _again of [1, 2])
      assert.deepEqual(await lines(), [`synfin_tcp_connection_leaks_total{${pausedLabels}} 1`]);
    sink.end();
    assert.deepEqual(register.getMetricsAsArray(), []);
  });

  it("of a cluster → what is a process's own is added up, what is the host's is not", async () => {
    const workers = [1, 2].map(() => {
      const { register, ours } = joined();
      ours.add(leaks, 2, paused);
      ours.readBy(() => [
        reading('synfin.tcp.accept_queue.usage', 7, { 'server.port': 80 }),
        reading('synfin.process.file_descriptor.usage', 20),
      ]);
      return register.getMetricsAsJSON();
    });
    const lines = (await AggregatorRegistry.aggregate(await Promise.all(workers)).metrics()).split('\n');
    for (const line of [
      `synfin_tcp_connection_leaks_total{${pausedLabels}} 4`,
      'synfin_tcp_accept_queue_usage{server_port="80"} 7',
      'synfin_process_file_descriptor_usage 40',
    ])
      assert.ok(lines.includes(line), line);
  });
});

describe('a counter in it', () => {
  it('tells what was counted before, and each thing once', async () => {
    const { ours, sink, register, lines } = made();
    ours.add(leaks, 3, paused);
    sink.join(register);
    ours.add(leaks, 1, paused);
    for (const _again of [1, 2])
      assert.deepEqual(await lines(), [`synfin_tcp_connection_leaks_total{${pausedLabels}} 4`]);
  });

  it('that is read has the value that was read; one that is not read any more keeps it', async () => {
    const { ours, lines } = joined();
    let readings: Reading[] = [];
    ours.readBy(() => readings);
    for (const [value, told] of [
      [5, 5],
      [7, 7],
      [undefined, 7],
    ] as const) {
      readings = value === undefined ? [] : [reading('synfin.spans.dropped', value)];
      assert.deepEqual(await lines(), [`synfin_spans_dropped_total ${told}`]);
    }
  });

  it('the application resets all metrics of its registry → it is there again', async () => {
    const { register, ours, lines } = joined();
    ours.add(leaks, 3, paused);
    register.resetMetrics();
    assert.ok((await lines()).includes(`synfin_tcp_connection_leaks_total{${pausedLabels}} 3`));
  });
});

describe('a histogram in it', () => {
  it('has the buckets of its table', async () => {
    const { ours, lines } = joined();
    ours.record('synfin.source.sweep.duration', 0.0005, { 'synfin.source.name': 'procfs' });
    const counts = (await lines()).flatMap((line) => /_bucket\{le="([^"]+)",.*\} (\d+)/.exec(line)?.slice(1, 3) ?? []);
    const bounds = [...metric['synfin.source.sweep.duration'].buckets, '+Inf'];
    // What is exactly at a bound is in the bucket below it, as OpenTelemetry has it.
    assert.deepEqual(
      counts,
      bounds.flatMap((bound) => [String(bound), bound === 0.0001 ? '0' : '1']),
    );
  });
});

describe('a scrape', () => {
  it('of all metrics → everything is read once; scrapes at the same time share that', async () => {
    const { register, ours } = joined();
    let times = 0;
    ours.readBy(async () => {
      times++;
      return [reading('synfin.spans.dropped', times)];
    });
    await register.metrics();
    assert.equal(times, 1);
    const both = await Promise.all([register.metrics(), register.metrics(), register.getMetricsAsJSON()]);
    assert.equal(times, 2);
    for (const one of both.slice(0, 2)) assert.match(String(one), /^synfin_spans_dropped_total 2$/m);
  });

  it('what is gone is told as 0', async () => {
    const { ours, lines } = joined();
    const of = (port: number) => reading('synfin.tcp.accept_queue.usage', 3, { 'server.port': port });
    let readings = [of(80)];
    ours.readBy(() => readings);
    await lines();
    readings = [of(443)];
    assert.deepEqual(await lines(), [
      'synfin_tcp_accept_queue_usage{server_port="443"} 3',
      'synfin_tcp_accept_queue_usage{server_port="80"} 0',
    ]);
  });

  it('a reader fails → the rest is told, and the error stays here', async () => {
    const { register, ours, lines, faults } = joined();
    applications(register);
    ours.readBy(() => {
      throw new Error('unreadable');
    });
    ours.readBy(() => [reading('synfin.spans.dropped', 1)]);
    assert.deepEqual(await lines(), ['synfin_spans_dropped_total 1', 'of_the_application 42']);
    assert.deepEqual(faults, ['Error: unreadable']);
  });

  it('a value that prom-client does not take → likewise', async () => {
    const { ours, lines, faults } = joined();
    ours.readBy(() => [
      reading('synfin.source.lost', -1, { 'synfin.source.name': 'procfs' }),
      reading('synfin.spans.dropped', 1),
    ]);
    assert.deepEqual(await lines(), ['synfin_spans_dropped_total 1']);
    assert.equal(faults.length, 1);
  });

  it('a reader never ends → it is not waited for and not asked again; counters and the rest of the registry are told', async () => {
    const { register, ours, lines, faults } = joined({ waitMs: 20 });
    applications(register);
    ours.add(leaks, 1, paused);
    let times = 0;
    ours.readBy(() => {
      times++;
      return new Promise(() => {});
    });
    for (const _again of [1, 2])
      assert.deepEqual(await lines(), [
        `synfin_tcp_connection_leaks_total{${pausedLabels}} 1`,
        'of_the_application 42',
      ]);
    assert.equal(times, 1);
    assert.match(faults[0] ?? '', /longer than 20 ms/);
  });

  it('the event loop is held meanwhile → what is read is told all the same', async () => {
    const { ours, lines, faults } = joined({ waitMs: 200 });
    ours.readBy(async () => {
      await new Promise((resolve) => setTimeout(resolve, 60));
      return [reading('synfin.spans.dropped', 1)];
    });
    const told = lines();
    await new Promise((resolve) => setTimeout(resolve, 1));
    const until = Date.now() + 300;
    while (Date.now() < until);
    assert.deepEqual([await told, faults], [['synfin_spans_dropped_total 1'], []]);
  });

  it('reading is no part of the request that it is for', async () => {
    const { register, ours } = joined();
    const requests = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    ours.readBy(async () => {
      seen.push(requests.getStore());
      return [];
    });
    await requests.run('GET /metrics', () => register.metrics());
    assert.deepEqual(seen, [undefined]);
  });
});

describe('joining and leaving', () => {
  it('somebody hears from joining to the end', () => {
    const { ours, sink, register } = made();
    assert.equal(ours.isHeard, false);
    sink.join(register);
    assert.equal(ours.isHeard, true);
    sink.end();
    assert.equal(ours.isHeard, false);
    assert.deepEqual(register.getMetricsAsArray(), []);
  });

  it('nothing is measured any more → the metrics go, as their last values would be said of now', () => {
    const { ours, sink, register } = joined();
    ours.end();
    assert.equal(sink.isHeard, false);
    assert.deepEqual(register.getMetricsAsArray(), []);
  });

  it('the registry does not let go of one → it goes from there all the same, and the error stays here', () => {
    const { ours, sink, register, faults } = made();
    const remove = register.removeSingleMetric.bind(register);
    register.removeSingleMetric = (name) => {
      if (name === 'synfin_finding_count') throw new Error('held');
      remove(name);
    };
    sink.join(register);
    const stays = register.getSingleMetric('synfin_finding_count');
    sink.end();
    assert.deepEqual(register.getMetricsAsArray(), [stays]);
    assert.equal(ours.isHeard, false);
    assert.deepEqual(faults, ['Error: held']);
  });

  it('a registry that was emptied and has a metric of this name of its own → that stays', () => {
    const { sink, register } = joined();
    register.clear();
    const own = new Gauge({ name: 'synfin_finding_count', help: 'its own', registers: [] });
    register.registerMetric(own);
    sink.end();
    assert.deepEqual(register.getMetricsAsArray(), [own]);
  });
});
