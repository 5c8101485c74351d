import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { ruleTestsOf } from './alerting.ts';
import { wrongNamesIn } from './names.ts';
import { missing } from './programs.ts';

const rulesFile = 'prometheus/synfin-rules.yml';
const testsFile = 'prometheus/tests/recording.yml';
const needsPromtool = missing('promtool');

interface Rule {
  readonly record: string;
  readonly expr: string;
}

const { groups } = parse(readFileSync(rulesFile, 'utf8')) as { groups: readonly { rules: readonly Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);

function promtool(...args: string[]): void {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8', timeout: 300_000 });
  assert.equal(status, 0, `promtool ${args.join(' ')}\n${stdout}${stderr}`);
}

describe(rulesFile, () => {
  it('is what promtool takes for rules, without a remark', { skip: needsPromtool }, () => {
    promtool('check', 'rules', '--lint=all', '--lint-fatal', rulesFile);
  });

  it('records what the rule tests expect', { skip: needsPromtool }, () => promtool('test', 'rules', testsFile));

  for (const { record, expr } of rules) {
    it(`${record} asks for metrics, labels and values that there are`, () => {
      assert.deepEqual(wrongNamesIn(expr), []);
    });

    it(`${record} begins with the labels that it has, and ends with what was done`, () => {
      const [level = '', , operation = ''] = record.split(':');
      const by = [...expr.matchAll(/\bby\s*\(([^)]*)\)/g)].map(([, list = '']) => list);
      for (const label of level.split('_')) for (const list of by) assert.match(list, new RegExp(`\\b${label}\\b`));
      assert.equal(operation.includes('rate5m'), expr.includes('[5m]'));
      assert.equal(operation.includes('ratio'), / \/ |_ratio\)/.test(expr));
    });

    it(`${record} has a rule test`, () => {
      const asked = ruleTestsOf(testsFile).tests.flatMap(({ promql_expr_test = [] }) => promql_expr_test);
      assert.ok(asked.some(({ expr: of, exp_samples }) => of === record && exp_samples.length > 0));
    });
  }

  it('records under no name twice', () => {
    const names = rules.map(({ record }) => record);
    assert.deepEqual(names, [...new Set(names)]);
  });
});

describe(testsFile, () => {
  it('is fed with metrics and labels that there are', () => {
    for (const { input_series } of ruleTestsOf(testsFile).tests)
      for (const { series } of input_series) assert.deepEqual(wrongNamesIn(series), [], series);
  });
});
