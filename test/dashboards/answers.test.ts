import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { missing, type RunningPrometheus, type Series, startPrometheus } from '../prometheus/programs.ts';
import { committed } from './committed.ts';
import { everything, expressionsOf } from './expressions.ts';
import { history } from './sick-fleet.ts';

const minute = 60;

describe('a real Prometheus', { skip: missing('prometheus', 'promtool') }, () => {
  let prometheus: RunningPrometheus;
  const now = Math.floor(Date.now() / 1000);

  before(async () => {
    prometheus = await startPrometheus('global: {}\n', {}, history(now - 75 * minute, now + 40, 20, true));
  });
  after(() => prometheus?.stop());

  for (const [file, dashboard] of Object.entries(committed()))
    for (const { panel, refId, expression, legend } of expressionsOf(dashboard))
      it(`answers ${file}: ${panel} (${refId})`, async () => {
        const found = await prometheus.query(expression);
        assert.ok(found.length > 0, expression);
        const values = found.map(({ value }) => Number(value[1]));
        assert.ok(
          values.every((value) => Number.isFinite(value) && value >= 0),
          values.join(),
        );
        for (const [, label = ''] of legend.matchAll(/\{\{(\w+)\}\}/g))
          assert.ok(
            found.some(({ metric }) => metric[label] !== undefined),
            `{{${label}}} of ${expression}`,
          );
      });

  const ask = async (file: string, title: string, refId = 'A', values = everything): Promise<readonly Series[]> => {
    const all = expressionsOf(committed()[file], values);
    const found = all.find((query) => query.panel === title && query.refId === refId);
    assert.ok(found, `${file}: ${title}`);
    return prometheus.query(found.expression);
  };
  const byJob = (found: readonly Series[]) =>
    Object.fromEntries(found.map(({ metric, value }) => [metric.job, Number(value[1])]));

  it('puts the sick services first, and the healthy one last', async () => {
    const trouble = byJob(await ask('synfin-fleet.json', 'Which service is worst off?'));
    const { orders = 1, checkout, gateway, login } = trouble;
    assert.deepEqual([checkout, gateway], [1, 1]);
    assert.ok(orders < 0.25, `${orders}`);
    assert.ok(login !== undefined && login > orders);
  });

  it('shows a 0, and not nothing, of a service to which nothing has happened', async () => {
    for (const refId of ['B', 'C', 'D', 'H', 'I']) {
      const { orders } = byJob(await ask('synfin-fleet.json', 'Which service is worst off?', refId));
      assert.equal(orders, 0, refId);
    }
  });

  for (const [file, dashboard] of Object.entries(committed()))
    it(`is asked nothing by ${file} to which it says nothing of a service that has nothing to tell`, async () => {
      const toldWhy = new Set(
        dashboard.panels
          .filter(({ fieldConfig }) => fieldConfig?.defaults.noValue !== undefined)
          .map(({ title }) => title),
      );
      for (const { panel, expression } of expressionsOf(dashboard, { ...everything, job: 'idle' })) {
        const found = await prometheus.query(expression);
        assert.ok(found.length > 0 || toldWhy.has(panel), `${panel}: no data`);
        for (const { value } of found) assert.ok(Number.isFinite(Number(value[1])), `${panel}: ${value[1]}`);
      }
    });

  it('tells of each service once: what is counted, or 0', async () => {
    const found = await ask('synfin-service.json', 'Which share of the handshakes fails, and with which error?');
    const told = found.map(({ metric, value }) => [metric.job, metric.error_type ?? '', Number(value[1]) > 0]);
    assert.deepEqual(told.sort(), [
      ['checkout', '', false],
      ['gateway', 'ECONNREFUSED', true],
      ['gateway', 'ETIMEDOUT', true],
      ['idle', '', false],
      ['login', '', false],
      ['orders', '', false],
    ]);
  });

  it('keeps to the service that was chosen', async () => {
    const chosen = { ...everything, job: 'gateway' };
    const found = await ask('synfin-service.json', 'What is wrong, and why?', 'A', chosen);
    assert.deepEqual(new Set(found.map(({ metric }) => metric.job)), new Set(['gateway']));
  });

  it('does not take a burst that is over for a forecast, nor half an hour of growth for nothing', async () => {
    const title = 'Which share of the local ports is taken, and will be in an hour?';
    const forecasts = await ask('synfin-service.json', title, 'B');
    const towards = new Map(forecasts.map(({ metric, value }) => [metric.network_peer_address, Number(value[1])]));
    assert.ok((towards.get('10.0.3.7') ?? 0) > 0.95, JSON.stringify([...towards]));
    assert.ok((towards.get('10.0.3.8') ?? 0) < 0.5, JSON.stringify([...towards]));
    const now = await ask('synfin-service.json', title, 'A');
    assert.ok(now.some(({ metric }) => metric.network_peer_address === '10.0.3.8'));
    assert.ok(!now.some(({ metric }) => metric.network_peer_address === '10.0.3.5'), 'less than one in a hundred');
  });

  it('sees the first of a kind, where increase() alone sees none', async () => {
    const found = await ask('synfin-service.json', 'How fast does each cause grow? Leaked connections within an hour');
    const counts = found.filter(({ metric }) => metric.synfin_leak_cause === 'fetch_body_not_consumed');
    assert.equal(counts.length, 1);
    assert.ok(Number(counts[0]?.value[1]) > 200, counts[0]?.value[1]);
  });
});
