import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { parse } from 'yaml';
import { Measurements, type Reading } from '../../src/telemetry/measurements.ts';
import {
  type CounterName,
  type HistogramName,
  type Metric,
  metric,
  type ObservableName,
} from '../../src/telemetry/metric-names.ts';
import { OtelMeter } from '../../src/telemetry/otel-meter.ts';
import { prometheusName } from '../../src/telemetry/prometheus-names.ts';

interface Rule {
  readonly source_labels: readonly string[];
  readonly regex: string;
  readonly target_label: string;
  readonly replacement: string;
}

const { metric_relabel_configs: rules } = parse(readFileSync('prometheus/otel-exporter-relabel.yml', 'utf8')) as {
  readonly metric_relabel_configs: readonly Rule[];
};

/** As Prometheus does: the whole name has to match, and each rule sees what the one before has made. */
function relabelled(name: string): string {
  return rules.reduce((now, { regex, replacement }) => {
    return now.replace(new RegExp(`^(?:${regex})$`), replacement.replaceAll(/\$\{(\d)\}/g, '$$$1'));
  }, name);
}

/** The names of the series that the exporter tells when there is something to tell of every metric. */
async function exported(): Promise<string[]> {
  const fail = (_where: string, error: unknown) => assert.fail(String(error));
  const ours = new Measurements(fail);
  const meter = new OtelMeter({ version: '1.2.3', measurements: ours, fault: fail });
  ours.join(meter);
  const exporter = new PrometheusExporter({ preventServerStart: true });
  meter.setMeterProvider(new MeterProvider({ readers: [exporter] }));
  const readings: Reading[] = [];
  for (const [name, { observable, instrument }] of Object.entries<Metric>(metric)) {
    if (observable) readings.push({ name: name as ObservableName, value: 1, attributes: {} });
    else if (instrument === 'counter') ours.add(name as CounterName, 1, {});
    else ours.record(name as HistogramName, 1, {});
  }
  ours.readBy(() => readings);
  const { resourceMetrics } = await exporter.collect();
  const text = new PrometheusSerializer().serialize(resourceMetrics);
  return [...new Set(text.match(/^synfin_[a-z0-9_]+(?=[{ ])/gm))];
}

const wanted = Object.entries<Metric>(metric).flatMap(([name, about]) => {
  const translated = prometheusName(name, about);
  return about.instrument === 'histogram'
    ? ['bucket', 'sum', 'count'].map((part) => `${translated}_${part}`)
    : [translated];
});

describe('prometheus/otel-exporter-relabel.yml', () => {
  it('what the exporter tells of all metrics → the names that synfin/prometheus has', async () => {
    assert.deepEqual((await exported()).map(relabelled).toSorted(), wanted.toSorted());
  });

  it('names that have their unit already stay as they are', () => {
    assert.deepEqual(wanted.map(relabelled), wanted);
  });

  it("others' names stay as they are", () => {
    for (const name of ['http_server_duration_bucket', 'process_cpu_time_total', 'node_cpu_utilization', 'target_info'])
      assert.equal(relabelled(name), name);
  });

  it('renames, and does nothing else', () => {
    for (const { source_labels, target_label, ...rest } of rules) {
      assert.deepEqual([source_labels, target_label], [['__name__'], '__name__']);
      assert.deepEqual(Object.keys(rest).sort(), ['regex', 'replacement']);
    }
  });
});
