import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { committed } from '../dashboards/committed.ts';
import { everything, expressionsOf } from '../dashboards/expressions.ts';
import { namespaceNeeds } from '../system/namespace.ts';
import { kernelNeeds } from '../system/run.ts';
import { Alarms } from './alarms.ts';
import { Doorway } from './doorway.ts';
import { missing, type RunningPrometheus, startPrometheus } from './programs.ts';
import { type Hurry, shortened } from './shortened.ts';
import { SickService } from './sick-service.ts';
import { mayFire, sicknesses } from './sicknesses.ts';

/**
 * `for: 10m` is 6 s; ranges are of 20 s at least, so that there are samples in them on a busy host.
 * Thresholds are as shipped.
 */
const hurry: Hurry = { factor: 100, leastMs: 20_000 };
/** For $__rate_interval: ten scrapes. */
const window = '20s';

/** So long it may take them all to fire, and to resolve. It takes half a minute each where there is nothing else to do. */
const mostS = 150;

const files = ['synfin-rules.yml', 'synfin-alerts.yml'].filter((name) => readdirSync('prometheus').includes(name));
const rules = new Set(
  files.flatMap((name) =>
    parse(readFileSync(`prometheus/${name}`, 'utf8')).groups.flatMap(
      (group: { rules: { alert?: string; labels?: { severity: string } }[] }) =>
        group.rules.flatMap(({ alert, labels }) => (alert === undefined ? [] : [`${alert} ${labels?.severity}`])),
    ),
  ),
);

const queries = Object.entries(committed()).flatMap(([file, dashboard]) =>
  expressionsOf(dashboard, { ...everything, __rate_interval: window }).map((query) => ({ file, ...query })),
);

const skip =
  missing('prometheus') ||
  kernelNeeds ||
  namespaceNeeds ||
  (spawnSync('python3', ['-c', '']).status === 0 ? false : 'needs python3') ||
  (spawnSync('unshare', ['-n', 'ip', 'link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1']).status === 0
    ? false
    : 'needs veth');

describe('services that are sick for the purpose, seen by a real Prometheus', { skip }, () => {
  const services = new Map<string, SickService>();
  const answers = new Map<string, { samples: number; values: number[] }>();
  const sockets = mkdtempSync(join(tmpdir(), 'synfin-seen-'));
  let doorway: Doorway;
  let prometheus: RunningPrometheus;
  let alarms: Alarms;

  const each = (expected: (job: string, rule: string) => boolean) =>
    Object.entries(sicknesses).every(([job, { alerts }]) => alerts.every((rule) => expected(job, rule)));

  before(async () => {
    for (const [name, sickness] of Object.entries(sicknesses)) {
      services.set(name, new SickService(name, sickness, sockets, (other) => services.get(other)?.pid ?? 0));
      // One after the other: two cores would start twenty programs in the time that one look has.
      await sleep(300);
    }
    doorway = await Doorway.open(services);
    prometheus = await startPrometheus(
      stringify({
        global: { scrape_interval: '2s', scrape_timeout: '2s', evaluation_interval: '1s' },
        rule_files: files,
        scrape_configs: doorway.scrapeConfigs(Object.keys(sicknesses)),
      }),
      Object.fromEntries(files.map((name) => [name, shortened(readFileSync(`prometheus/${name}`, 'utf8'), hurry)])),
    );
    for (const service of services.values()) service.afflict();
    alarms = new Alarms(prometheus);
    console.log('ready', alarms.now);
    await alarms.until(() => each((job, rule) => alarms.hasFired(job, rule)), mostS);
    console.log('fired at', alarms.now);
    await Promise.all(queries.map(async ({ expression }) => answers.set(expression, await answer(expression))));
    console.log('asked at', alarms.now);
    for (const expr of [
      'sum by (job) (synfin_source_cpu_time_seconds_total)/120*100',
      'sum by (job) (synfin_source_sweep_duration_seconds_sum)',
      'sum by (job) (synfin_source_sweep_duration_seconds_count)',
      'sum by (job)(synfin_source_observations_total{synfin_source_name!="net"})',
    ])
      console.log(
        expr,
        JSON.stringify((await prometheus.query(expr)).map((s) => [s.metric.job, s.value[1].slice(0, 6)])),
      );
    console.log('cured at', alarms.now);
    for (const service of services.values()) await service.cure();
    await alarms.until(() => each((job, rule) => !alarms.isFiring(job, rule)), mostS);
  });

  after(async () => {
    await prometheus?.stop();
    doorway?.close();
    for (const service of services.values()) await service.stop();
    rmSync(sockets, { recursive: true, force: true });
  });

  /** As Grafana asks, with all services and processes chosen. */
  async function answer(expression: string) {
    const series = await prometheus.query(expression);
    const values = series.map(({ value }) => Number(value[1])).filter((value) => !Number.isNaN(value));
    return { samples: values.length, values };
  }

  it('there is a sick service for each alert', () => {
    const tried = Object.values(sicknesses).flatMap(({ alerts }) => alerts);
    assert.deepEqual([...rules].toSorted(), tried.toSorted());
  });

  for (const [name, sickness] of Object.entries(sicknesses)) {
    const { alerts } = sickness;
    for (const rule of alerts) {
      it(`${name} → ${rule} fires, and resolves when the trouble is ended`, () => {
        const alarm = alarms.of(name).find((one) => one.rule === rule);
        assert.ok(alarm, services.get(name)?.said);
        assert.ok(alarm.resolvedAt !== undefined);
        assert.doesNotMatch(alarm.summary + alarm.description, /<no value>|<error/i);
      });
    }
    it(`${name} → nothing else`, () => {
      const others = alarms.of(name).filter(({ rule }) => ![...alerts, ...mayFire(sickness)].includes(rule));
      assert.deepEqual(others, []);
    });
  }

  for (const { file, panel, refId, expression } of queries)
    it(`${file}, ${panel} (${refId}) → data`, () => {
      assert.ok((answers.get(expression)?.samples ?? 0) > 0, expression);
    });

  it('what was seen', () => {
    const table = [...alarms.all.values()].toSorted((one, other) => one.firedAt - other.firedAt);
    for (const { job, rule, value, firedAt, resolvedAt } of table)
      console.log(
        `${job.padEnd(16)} ${rule.padEnd(42)} ${value.toPrecision(4).padStart(10)}  ${firedAt} s, ${resolvedAt ?? 'never resolved'}`,
      );
    for (const { file, panel, expression } of queries)
      console.log(`${`${answers.get(expression)?.samples}`.padStart(4)}  ${file.padEnd(20)} ${panel}`);
  });
});
