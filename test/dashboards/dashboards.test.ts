import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { dashboards } from '../../dashboards/all.ts';
import { colour } from '../../dashboards/colours.ts';
import { knownSeries, labelsIn, wrongIn } from '../prometheus/promql.ts';
import { committed, type DashboardJson, type PanelJson } from './committed.ts';
import { expressionsOf, substituted } from './expressions.ts';

const files = committed();

function panelsOf(dashboard: DashboardJson): readonly PanelJson[] {
  return dashboard.panels.filter(({ type }) => type !== 'row');
}

describe('the reader of names in an expression', () => {
  const good = 'sum by (job, synfin_tcp_role) (rate(synfin_tcp_handshake_duration_seconds_count{error_type=""}[1m]))';

  it('finds nothing wrong with what exists', () => {
    assert.deepEqual(wrongIn(good), []);
    assert.deepEqual(wrongIn('count by (job, __name__) ({__name__=~"synfin_.+"})'), []);
    assert.deepEqual(wrongIn('max by (of) (label_replace(synfin_spans_dropped_total, "of", "x", "", ""))'), []);
  });

  for (const [what, text, name] of [
    ['a metric', good.replace('duration_seconds_count', 'duration_count'), 'duration_count'],
    ['a metric without its unit', good.replace('_seconds', ''), 'synfin_tcp_handshake_duration_count'],
    ['a label in a selector', good.replace('error_type', 'error'), 'error'],
    ['a label of another metric', good.replace('error_type', 'synfin_leak_cause'), 'synfin_leak_cause'],
    ['a label in by', good.replace('synfin_tcp_role', 'role'), 'role'],
    ['a metric by its name', 'count({__name__=~"sinfin_.+"})', 'sinfin_'],
    ['a label in on', 'synfin_spans_dropped_total / on (port) synfin_spans_dropped_total', 'port'],
    ['what is no expression', `${good})`, 'cannot be read'],
  ] as const) {
    it(`finds ${what} that does not exist`, () => {
      const wrong = wrongIn(text);
      assert.ok(
        wrong.some((message) => message.includes(name)),
        wrong.join('; '),
      );
    });
  }
});

describe('the dashboards', () => {
  it('are what the code builds', () => {
    assert.deepEqual(files, JSON.parse(JSON.stringify(dashboards)), 'npm run dashboards');
  });

  it('are three, with uids that stay, and no id', () => {
    const uids = Object.entries(files).map(([file, { uid }]) => [file, uid]);
    assert.deepEqual(uids.sort(), [
      ['synfin-agent.json', 'synfin-agent'],
      ['synfin-fleet.json', 'synfin-fleet'],
      ['synfin-service.json', 'synfin-service'],
    ]);
    for (const { id, tags } of Object.values(files)) {
      assert.equal(id, undefined);
      assert.ok(tags.includes('synfin'));
    }
  });

  it('link to one another, and to nothing that is not there', () => {
    const uids = Object.values(files).map(({ uid }) => uid);
    for (const dashboard of Object.values(files)) {
      const to = dashboard.links.map(({ url }) => url.replace('/d/', ''));
      assert.deepEqual(to.sort(), uids.filter((uid) => uid !== dashboard.uid).sort());
      for (const [, uid] of JSON.stringify(dashboard).matchAll(/\/d\/([\w-]+)/g))
        assert.ok(uids.includes(uid ?? ''), uid);
    }
  });

  it('of the fleet leads from every table and every bar to the service', () => {
    const fleet = files['synfin-fleet.json'];
    assert.ok(fleet);
    const leading = panelsOf(fleet).filter(({ type }) => type === 'table' || type === 'bargauge');
    assert.ok(leading.length >= 6);
    for (const panel of leading)
      assert.match(JSON.stringify(panel.fieldConfig), /\/d\/synfin-service\?var-job=/, panel.title);
  });
});

describe('docs/dashboards.md', () => {
  const page = readFileSync('docs/dashboards.md', 'utf8');

  for (const [file, heading] of [
    ['synfin-fleet.json', 'All services'],
    ['synfin-service.json', 'One service'],
    ['synfin-agent.json', 'The agent itself'],
  ] as const) {
    it(`has each question of ${file}, in its order, and no other`, () => {
      const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
      const questions = [...section.matchAll(/^\| (?!panel)([^|-][^|]*) \|/gm)].map((match) => match[1]);
      const dashboard = files[file];
      assert.deepEqual(questions, dashboard && panelsOf(dashboard).map(({ title }) => title));
    });
  }
});

for (const [file, dashboard] of Object.entries(files)) {
  describe(file, () => {
    const panels = panelsOf(dashboard);

    it('has a variable for the data source, the service and the process', () => {
      const { list } = dashboard.templating;
      assert.deepEqual(
        list.map(({ name, type }) => [name, type]),
        [
          ['datasource', 'datasource'],
          ['job', 'query'],
          ['instance', 'query'],
        ],
      );
      for (const { query } of list.slice(1)) {
        const text = typeof query === 'string' ? query : query.query;
        const [, name = '', label = ''] = /^label_values\((\w+)(?:\{job=~"\$job"\})?, (\w+)\)$/.exec(text) ?? [];
        assert.ok(knownSeries.get(name)?.includes(label), text);
      }
    });

    it('has only metrics and labels that exist', () => {
      for (const { panel, expression, legend, isForecast } of expressionsOf(dashboard)) {
        assert.equal(isForecast, legend.startsWith('in an hour: '), panel);
        assert.deepEqual(wrongIn(expression), [], `${panel}\n${expression}`);
        const labels = labelsIn(expression);
        for (const [, label = ''] of legend.matchAll(/\{\{\s*([^}]*?)\s*\}\}/g))
          assert.ok(labels.has(label), `${panel}: {{${label}}}`);
      }
    });

    it('has keys in its tables that exist', () => {
      for (const panel of panels.filter(({ type }) => type === 'table')) {
        const organize = panel.transformations?.find(({ id }) => id === 'organize');
        assert.ok(organize, panel.title);
        const { renameByName } = organize.options as { renameByName: Record<string, string> };
        const labels = labelsIn(panel.targets?.[0]?.expr.replaceAll('$__rate_interval', '1m') ?? '');
        const keys = Object.keys(renameByName).filter((name) => !name.startsWith('Value'));
        assert.ok(keys.length > 0);
        for (const key of keys) assert.ok(labels.has(key), `${panel.title}: ${key}`);
        const titles = Object.values(renameByName);
        for (const { matcher } of panel.fieldConfig?.overrides ?? []) assert.ok(titles.includes(matcher.options));
      }
    });

    it('asks the data source that was chosen, of the services that were', () => {
      for (const { datasource, targets = [], title } of panels) {
        assert.equal(datasource?.uid, '${'.concat('datasource}'), title);
        assert.ok(targets.length > 0, title);
        for (const target of targets) {
          assert.equal(target.datasource?.uid, '${'.concat('datasource}'), title);
          const selectors = target.expr.match(/\{[^}]*\}/g) ?? [];
          assert.ok(selectors.length > 0, title);
          for (const selector of selectors)
            assert.ok(selector.includes('job=~"$job",instance=~"$instance"'), `${title}: ${selector}`);
        }
      }
    });

    it('has rates over as long as Grafana holds to be right', () => {
      for (const { targets = [], title } of panels)
        for (const { expr } of targets) {
          for (const [, over] of expr.matchAll(/\brate\([^[]*\[([^\]]+)\]/g))
            assert.equal(over, '$__rate_interval', title);
          assert.doesNotThrow(() => substituted(expr));
        }
    });

    it('has a question, what healthy is, what to do, and a unit on every panel', () => {
      for (const { title, description = '', fieldConfig } of panels) {
        assert.match(title, /\?/, title);
        assert.match(description, /^Healthy: .+\n\nIf not: .+/, title);
        assert.ok(fieldConfig?.defaults.unit, title);
      }
      const titles = panels.map(({ title }) => title);
      assert.deepEqual(titles, [...new Set(titles)]);
    });

    it('has panels with ids of their own that do not overlap and are not too wide', () => {
      const ids = dashboard.panels.map(({ id }) => id);
      assert.deepEqual(ids, [...new Set(ids)]);
      const taken = new Map<string, string>();
      for (const { title, gridPos } of dashboard.panels) {
        assert.ok(gridPos.x + gridPos.w <= 24, title);
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
            assert.equal(taken.get(`${x},${y}`), undefined, `${title} lies over another`);
            taken.set(`${x},${y}`, title);
          }
      }
    });

    it('has only colours that people tell apart who do not see them all', () => {
      const allowed: readonly string[] = Object.values(colour);
      const used = JSON.stringify(dashboard).match(/"(?:color|fixedColor)":"[^"]*"/g) ?? [];
      for (const text of used) {
        const value = text.split('"').at(-2) ?? '';
        assert.ok(allowed.includes(value), text);
      }
    });
  });
}
