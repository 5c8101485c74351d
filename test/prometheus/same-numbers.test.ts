import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { parse } from 'yaml';
import { type Metric, metric } from '../../src/telemetry/metric-names.ts';
import { prometheusName } from '../../src/telemetry/prometheus-names.ts';
import { version } from '../../src/version.ts';
import { fixture, jsonLines, kernelNeeds, Program, register } from '../system/run.ts';
import { missing, type RunningPrometheus, startPrometheus } from './programs.ts';

/** Two jobs that scrape one process, and nothing else. */
function configFor(ports: { readonly otel: number; readonly promClient: number }): string {
  const relabel = parse(readFileSync('prometheus/otel-exporter-relabel.yml', 'utf8'));
  const job = (job_name: string, port: number) => ({
    job_name,
    static_configs: [{ targets: [`127.0.0.1:${port}`] }],
  });
  // JSON is YAML.
  return JSON.stringify({
    global: { scrape_interval: '250ms', scrape_timeout: '250ms' },
    scrape_configs: [{ ...job('otel', ports.otel), ...relabel }, job('prom-client', ports.promClient)],
  });
}

type Values = ReadonlyMap<string, number>;

/** What Prometheus has of us now, by job; of each series the name and the labels that are its own. */
async function valuesIn(
  prometheus: RunningPrometheus,
): Promise<{ readonly otel: Values; readonly promClient: Values }> {
  const jobs = { otel: new Map<string, number>(), 'prom-client': new Map<string, number>() };
  for (const { metric, value } of await prometheus.query('{__name__=~"synfin_.*"}')) {
    const { job, instance, otel_scope_name, otel_scope_version, ...own } = metric;
    assert.ok(instance && (job === 'otel' || job === 'prom-client'));
    if (job === 'otel') assert.deepEqual([otel_scope_name, otel_scope_version], ['synfin', version]);
    else assert.equal(otel_scope_name, undefined);
    const key = JSON.stringify(Object.entries(own).sort());
    assert.ok(!jobs[job].has(key), `${key} is one series`);
    jobs[job].set(key, Number(value[1]));
  }
  return { otel: jobs.otel, promClient: jobs['prom-client'] };
}

const nearly = (one: number, other: number) => Math.abs(one - other) <= 1e-9 * Math.max(1, Math.abs(one));

/** Each series that is missing on one side, or has another value there. */
function differences(otel: Values, promClient: Values): string[] {
  const keys = new Set([...otel.keys(), ...promClient.keys()]);
  return [...keys].flatMap((key) => {
    const [one, other] = [otel.get(key), promClient.get(key)];
    return one !== undefined && other !== undefined && nearly(one, other) ? [] : [`${key}: ${one} and ${other}`];
  });
}

describe('OpenTelemetry and synfin/prometheus, both scraped by one Prometheus', {
  skip: missing('prometheus') || kernelNeeds,
}, () => {
  it('all series are there twice, with the same names, labels and values', async () => {
    const env = { SYNFIN_INTERVAL_MS: '2000', SYNFIN_CLOSE_WAIT_MS: '1000' };
    const program = new Program(['--import', register, fixture('metrics.mjs')], { env, limitMs: 180_000 });
    let prometheus: RunningPrometheus | undefined;
    try {
      const ports = await program.waitFor(
        'it has said its ports',
        ({ stdout }) => jsonLines<{ otel: number; promClient: number }>(stdout)[0],
      );
      prometheus = await startPrometheus(configFor(ports));
      const until = Date.now() + 90_000;
      for (;;) {
        // Between two looks, and when Prometheus's own connections are there, nothing moves.
        await delay(300);
        const { otel, promClient } = await valuesIn(prometheus);
        const leaks = [...otel].find(([key]) => key.includes('synfin_tcp_connection_leaks_total'))?.[1];
        const different = differences(otel, promClient);
        if (leaks === 3 && different.length === 0) {
          assert.deepEqual(missingOf(otel), [], 'what this program surely makes');
          await hasSameTypes(prometheus);
          break;
        }
        const said = () => `${different.join('\n')}\n${leaks} leaks\n${program.stderr}`;
        if (Date.now() > until) assert.fail(said());
      }
    } finally {
      program.stop();
      await prometheus?.stop();
    }
  });
});

interface About {
  readonly metric: string;
  readonly type: string;
  readonly help: string;
}

/** What is said of each metric, before it is relabelled. */
async function hasSameTypes(prometheus: RunningPrometheus): Promise<void> {
  const said = async (job: string) => {
    const match = encodeURIComponent(`{job="${job}"}`);
    const all = await prometheus.api<readonly About[]>(`/api/v1/targets/metadata?match_target=${match}`);
    return new Map(all.map(({ metric, type, help }) => [metric, [type, help]]));
  };
  const [otel, promClient] = [await said('otel'), await said('prom-client')];
  const names = Object.entries<Metric>(metric).map(([name, about]) => ({
    inOtel: prometheusName(name, { ...about, unit: '' }),
    inPromClient: prometheusName(name, about),
  }));
  const told = names.filter(({ inOtel }) => otel.has(inOtel));
  assert.ok(told.length >= 10);
  for (const { inOtel, inPromClient } of told)
    assert.deepEqual(promClient.get(inPromClient), otel.get(inOtel), inPromClient);
}

/** The names that must be among them, those that are not there. */
function missingOf(values: Values): string[] {
  const there = new Set([...values.keys()].map((key) => Object.fromEntries(JSON.parse(key)).__name__ as string));
  return [
    'synfin_tcp_connection_count',
    'synfin_tcp_connection_leak_count',
    'synfin_tcp_connection_leaks_total',
    'synfin_finding_count',
    'synfin_process_file_descriptor_usage',
    'synfin_process_file_descriptor_limit',
    'synfin_source_observations_total',
    'synfin_source_lost_total',
    'synfin_source_cpu_time_seconds_total',
    'synfin_source_sweep_duration_seconds_bucket',
    'synfin_source_sweep_duration_seconds_sum',
    'synfin_source_sweep_duration_seconds_count',
    'synfin_spans_dropped_total',
  ].filter((name) => !there.has(name));
}
