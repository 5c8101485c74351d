import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
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
import { seenTable } from './seen-table.ts';
import { type Hurry, shortened, shortenedExpression } from './shortened.ts';
import { SickService } from './sick-service.ts';
import { mayFire, type Sickness, sicknesses, tried } from './sicknesses.ts';

/** Scrapes may take so long on a host that has other things to do. */
const scrapeS = 5;
/**
 * A hundredth: `for: 10m` is 6 s; but ranges are of 30 s at least, so that there are samples in them. Thresholds are as
 * shipped. SEEN_FACTOR=20 takes a twentieth, and five times as long.
 */
const hurry: Hurry = { factor: Number(process.env.SEEN_FACTOR ?? 100), leastMs: 6 * scrapeS * 1000 };
/** So long it may take them all to fire, and to resolve. It takes some 50 s each where there is nothing else to do. */
const mostS = 150 * (100 / hurry.factor);

/** `npm run seen`: a sick service for each alert. Else half of them, which takes CI little more than a minute. */
const wantsAll = process.env.SEEN !== undefined;

const file = 'synfin-alerts.yml';
const shipped = readFileSync(`prometheus/${file}`, 'utf8');

interface Group {
  readonly rules: readonly { readonly alert: string; readonly labels: { readonly severity: string } }[];
}

const rules = (parse(shipped) as { groups: readonly Group[] }).groups.flatMap((group) =>
  group.rules.map(({ alert, labels }) => `${alert} ${labels.severity}`),
);

/** Of their times those that are written into them are shortened too: forecasts go by half an hour. */
const queries = Object.entries(committed()).flatMap(([name, dashboard]) =>
  expressionsOf(dashboard, { ...everything, __rate_interval: '$rate' }).map(({ expression, ...query }) => ({
    ...query,
    expression: shortenedExpression(expression, hurry).replaceAll('$rate', `${6 * scrapeS}s`),
    file: name,
  })),
);

const skip =
  missing('prometheus') ||
  kernelNeeds ||
  namespaceNeeds ||
  (spawnSync('python3', ['-c', '']).status === 0 ? false : 'needs python3') ||
  (spawnSync('unshare', ['-n', 'ip', 'link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1']).status === 0
    ? false
    : 'needs veth');

it('there is a sick service for each alert', () => {
  const firing = Object.values(sicknesses).flatMap(({ alerts }) => alerts);
  assert.deepEqual(firing.toSorted(), rules.toSorted());
});

describe('services that are sick for the purpose, and healthy ones beside them, seen by a real Prometheus', {
  skip,
}, () => {
  const services = new Map<string, SickService>();
  const samples = new Map<string, number>();
  const sockets = mkdtempSync(join(tmpdir(), 'synfin-seen-'));
  let doorway: Doorway;
  let prometheus: RunningPrometheus;
  let alarms: Alarms;

  const hasFired = ([job, { alerts }]: [string, Sickness]) => alerts.every((rule) => alarms.hasFired(job, rule));
  const isQuiet = ([job, { alerts }]: [string, Sickness]) => !alerts.some((rule) => alarms.isFiring(job, rule));
  const all = tried(wantsAll);
  const slow = all.filter(([, { isSlow }]) => isSlow);
  const cure = async (which: readonly [string, Sickness][]) => {
    for (const [name] of which) await services.get(name)?.cure();
  };

  before(async () => {
    for (const [name, sickness] of all) {
      const pidOf = (other: string) => services.get(other)?.pid ?? 0;
      services.set(name, new SickService(name, sickness, sockets, pidOf));
      // One after the other: two cores have enough to do.
      await sleep(200);
    }
    doorway = await Doorway.open(services);
    prometheus = await startPrometheus(
      stringify({
        global: { scrape_interval: `${scrapeS}s`, scrape_timeout: `${scrapeS}s`, evaluation_interval: '1s' },
        rule_files: [file],
        scrape_configs: doorway.scrapeConfigs(all.map(([name]) => name)),
      }),
      { [file]: shortened(shipped, hurry) },
    );
    await Promise.all([...services.values()].map((service) => service.afflict()));
    alarms = new Alarms(prometheus);
    await alarms.until(() => slow.every(hasFired), mostS);
    await cure(slow);
    await alarms.until(() => all.every(hasFired), mostS);
    await Promise.all(queries.map(async ({ expression }) => samples.set(expression, await answered(expression))));
    await cure(all.filter(([, { isSlow }]) => !isSlow));
    await alarms.until(() => all.every(isQuiet), mostS);
  });

  after(async () => {
    if (process.env.SEEN && alarms) console.log(seenTable(alarms.all.values(), counted()));
    await prometheus?.stop();
    doorway?.close();
    for (const service of services.values()) await service.stop();
    rmSync(sockets, { recursive: true, force: true });
  });

  const counted = () => queries.map((query) => ({ ...query, samples: samples.get(query.expression) ?? 0 }));

  /** Samples that say something. */
  async function answered(expression: string): Promise<number> {
    const series = await prometheus.query(expression);
    return series.filter(({ value }) => !Number.isNaN(Number(value[1]))).length;
  }

  for (const [name, sickness] of all) {
    for (const rule of sickness.alerts)
      it(`${name} → ${rule} fires, says what and why, and resolves when the trouble is ended`, () => {
        const alarm = alarms.of(name).find((one) => one.rule === rule);
        assert.ok(alarm, `${rule} did not fire. ${services.get(name)?.said}`);
        assert.ok(alarm.resolvedAt !== undefined, `${rule} still fires. ${services.get(name)?.said}`);
        assert.ok(alarm.summary.includes(name), alarm.summary);
        assert.doesNotMatch(alarm.summary + alarm.description, /<no value>|<error|NaN|\bInf\b/);
      });

    it(`${name} → nothing else`, () => {
      const told = new Set([...sickness.alerts, ...mayFire(sickness)]);
      assert.deepEqual(
        alarms.of(name).filter(({ rule }) => !told.has(rule)),
        [],
      );
    });
  }

  for (const query of queries)
    it(`${query.file}: ${query.panel} (${query.refId}) → data`, () => {
      assert.ok((samples.get(query.expression) ?? 0) > 0, query.expression);
    });
});
