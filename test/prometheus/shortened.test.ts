import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { millisecondsOf, shortened } from './shortened.ts';

interface Rule {
  readonly expr: string;
  readonly for?: string;
  readonly keep_firing_for?: string;
}

const hurry = { factor: 60, leastMs: 4000 };

function short(rule: Rule, group: object = {}) {
  const text = shortened(JSON.stringify({ groups: [{ ...group, rules: [rule] }] }), hurry);
  const { rules, interval } = parse(text).groups[0] as { rules: [Rule]; interval?: string };
  return { rule: rules[0], interval };
}

const times =
  (pattern: RegExp) =>
  (expr = '') =>
    [...expr.matchAll(pattern)].map(([, time]) => millisecondsOf(`${time}`));
const rangesOf = times(/\[(\w+)\]/g);
const offsetsOf = times(/ offset (\w+)/g);

describe('rules in a hurry: what took a minute takes a second', () => {
  const expressions: readonly [string, string][] = [
    ['rate(a_total[5m]) > 0.05', 'rate(a_total[5s]) > 0.05'],
    ['max_over_time(a[1h30m])', 'max_over_time(a[90s])'],
    ['max_over_time(rate(a_total[5m])[1h:5m])', 'max_over_time(rate(a_total[5s])[60s:5s])'],
    ['max_over_time(a[1h:])', 'max_over_time(a[60s:])'],
    ['a offset 15m', 'a offset 15s'],
    ['predict_linear(a[1h], 4 * 3600) > 10', 'predict_linear(a[60s], (4 * 3600) / 60) > 10'],
    ['a{path=~"[a-z]+", peer="5m"} > 300', 'a{path=~"[a-z]+", peer="5m"} > 300'],
  ];
  for (const [long, quick] of expressions)
    it(`${long} → ${quick}`, () => {
      assert.equal(short({ expr: long }).rule.expr, quick);
    });

  it('a range is never shorter than there must be samples in it', () => {
    assert.equal(short({ expr: 'rate(a_total[2m])' }).rule.expr, 'rate(a_total[4s])');
  });

  it('for, keep_firing_for and the interval of a group', () => {
    const { rule, interval } = short({ expr: 'a', for: '10m', keep_firing_for: '90s' }, { interval: '5m' });
    assert.deepEqual({ ...rule, interval }, { expr: 'a', for: '10s', keep_firing_for: '1500ms', interval: '5s' });
  });

  it('labels and texts stay', () => {
    const rule = { expr: 'a', labels: { severity: 'critical' }, annotations: { summary: 'for 5m, in [5m]' } };
    assert.deepEqual(short(rule).rule, rule);
  });

  for (const file of readdirSync('prometheus').filter((name) => /^synfin-(rules|alerts)\.yml$/.test(name)))
    it(`${file}: nothing but times differs, and all of them do`, () => {
      const text = readFileSync(`prometheus/${file}`, 'utf8');
      const duration = /\b(\d+(ms|[smhdwy]))+\b/g;
      const rules = (of: string): Rule[] => parse(of).groups.flatMap((group: { rules: Rule[] }) => group.rules);
      const [before, after] = [rules(text), rules(shortened(text, hurry))];
      const untimed = (expr: string) => expr.replace(duration, 'T').replace(/\(([\d* ]+)\) \/ 60\)/g, '$1)');
      assert.deepEqual(
        after.map((rule) => ({ ...rule, expr: untimed(rule.expr), for: undefined })),
        before.map((rule) => ({ ...rule, expr: untimed(rule.expr), for: undefined })),
      );
      for (const [at, { expr, for: wait = '0s' }] of before.entries()) {
        assert.deepEqual(
          rangesOf(after[at]?.expr),
          rangesOf(expr).map((ms) => Math.max(ms / 60, 4000)),
          expr,
        );
        assert.deepEqual(
          offsetsOf(after[at]?.expr),
          offsetsOf(expr).map((ms) => ms / 60),
          expr,
        );
        assert.equal(millisecondsOf(after[at]?.for ?? '0s'), millisecondsOf(wait) / 60);
      }
    });
});
