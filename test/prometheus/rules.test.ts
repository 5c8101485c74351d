import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { alertNames, alerts, alertsFile, expressionsOf, ruleTestFiles, ruleTestsOf } from './alerting.ts';
import { wrongNamesIn } from './names.ts';
import { missing } from './programs.ts';

const needsPromtool = missing('promtool');

/** A rule test takes seconds on an idle machine. */
const limitMs = 300_000;

function promtool(...args: string[]): void {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8', timeout: limitMs });
  assert.equal(status, 0, `promtool ${args.join(' ')}\n${stdout}${stderr}`);
}

/** Labels that a result has: those that something in the expression is aggregated by. */
function labelsOf(expr: string): ReadonlySet<string> {
  const lists = [...expr.matchAll(/\bby\s*\(([^)]*)\)/g)].map(([, list = '']) => list);
  return new Set(lists.flatMap((list) => list.split(',').map((label) => label.trim())));
}

describe('prometheus/synfin-alerts.yml', () => {
  it('is what promtool takes for rules, without a remark', { skip: needsPromtool }, () => {
    promtool('check', 'rules', '--lint=all', '--lint-fatal', alertsFile);
  });

  it('is loaded by the example of a configuration', { skip: needsPromtool }, () => {
    promtool('check', 'config', 'prometheus/prometheus.example.yml');
    const { rule_files } = parse(readFileSync('prometheus/prometheus.example.yml', 'utf8')) as { rule_files: string[] };
    assert.deepEqual(rule_files, ['synfin-alerts.yml', 'synfin-rules.yml']);
  });

  for (const alert of alerts) {
    const { alert: name, expr, labels, annotations } = alert;
    const severity = labels.severity;

    it(`${name} (${severity}) waits, has a severity, plain words with numbers, and its section of the runbook`, () => {
      assert.match(name, /^Synfin[A-Z]/);
      assert.match(alert.for ?? '', /^[1-9]\d*m$/);
      assert.deepEqual(Object.keys(labels), ['severity']);
      assert.match(severity ?? '', /^(?:warning|critical)$/);
      assert.deepEqual(Object.keys(annotations), ['summary', 'description', 'runbook_url']);
      assert.equal(annotations.runbook_url, `https://example.org/synfin/runbook.md#${name.toLowerCase()}`);
    });

    it(`${name} (${severity}) asks for metrics, labels and values that there are`, () => {
      for (const expression of expressionsOf(alert)) assert.deepEqual(wrongNamesIn(expression), [], expression);
    });

    it(`${name} (${severity}) names service and process, and tells of no label that it does not have`, () => {
      const has = labelsOf(expr);
      for (const label of ['job', 'instance']) assert.ok(has.has(label), label);
      for (const text of Object.values(annotations))
        for (const [, label = ''] of text.matchAll(/\$labels\.(\w+)/g)) assert.ok(has.has(label), label);
    });
  }

  it('has one warning and one critical rule of a name at most', () => {
    const keys = alerts.map(({ alert, labels }) => `${alert} ${labels.severity}`);
    assert.deepEqual(keys, [...new Set(keys)]);
  });
});

describe('prometheus/tests', () => {
  for (const file of ruleTestFiles) {
    it(`${file}: the alerts fire when they should, and only then`, { skip: needsPromtool }, () => {
      promtool('test', 'rules', file);
    });

    it(`${file} names metrics, labels, values and alerts that there are`, () => {
      const { rule_files, tests } = ruleTestsOf(file);
      assert.deepEqual(rule_files, ['../synfin-alerts.yml']);
      for (const { input_series, alert_rule_test = [], promql_expr_test = [] } of tests) {
        for (const { series } of input_series) assert.deepEqual(wrongNamesIn(series), [], series);
        for (const { alertname } of alert_rule_test) assert.ok(alertNames.has(alertname), alertname);
        for (const { expr } of promql_expr_test)
          for (const [, name = ''] of expr.matchAll(/alertname="(\w+)"/g)) assert.ok(alertNames.has(name), name);
      }
    });
  }

  it('has a moment at which each alert fires, and one at which it is silent', () => {
    const all = ruleTestFiles.flatMap((file) => ruleTestsOf(file).tests);
    const asked = all.flatMap(({ alert_rule_test = [] }) => alert_rule_test);
    const fired = new Set(
      asked.flatMap(({ alertname, exp_alerts }) => exp_alerts.map((one) => `${alertname} ${one.exp_labels.severity}`)),
    );
    assert.deepEqual([...fired].sort(), alerts.map(({ alert, labels }) => `${alert} ${labels.severity}`).sort());
    const silent = new Set(asked.filter(({ exp_alerts }) => exp_alerts.length === 0).map(({ alertname }) => alertname));
    const expressions = all.flatMap(({ promql_expr_test = [] }) => promql_expr_test);
    for (const { expr, exp_samples } of expressions)
      if (exp_samples.length === 0 && !expr.includes('alertname=')) for (const name of alertNames) silent.add(name);
    assert.deepEqual([...silent].sort(), [...alertNames].sort());
  });
});
