import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { alertNames, alerts } from './alerting.ts';
import { missing } from './programs.ts';

const file = 'prometheus/alertmanager.yml';
const text = readFileSync(file, 'utf8');

interface InhibitRule {
  readonly source_matchers: readonly string[];
  readonly target_matchers: readonly string[];
  readonly equal: readonly string[];
}

const config = parse(text) as {
  route: { group_by: string[]; receiver: string };
  inhibit_rules: InhibitRule[];
  receivers: { name: string; webhook_configs: { url: string; send_resolved: boolean; http_config: object }[] }[];
};

const needsAmtool = missing('amtool');

function amtool(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('amtool', args, { encoding: 'utf8', timeout: 60_000 });
  assert.equal(status, 0, `amtool ${args.join(' ')}\n${stdout}${stderr}`);
  return stdout;
}

type Labels = Readonly<Record<string, string>>;

/** As Alertmanager does: regular expressions match the whole value, and a label that is missing is empty. */
function matches(labels: Labels, matchers: readonly string[]): boolean {
  return matchers.every((matcher) => {
    const [, label = '', operator, pattern = ''] = /^(\w+)(=|!=|=~|!~)"(.*)"$/.exec(matcher) ?? [];
    assert.notEqual(label, '', matcher);
    const value = labels[label] ?? '';
    const isLike = operator?.endsWith('~') ? new RegExp(`^(?:${pattern})$`).test(value) : value === pattern;
    return isLike !== operator?.startsWith('!');
  });
}

function isInhibited(target: Labels, by: Labels): boolean {
  return config.inhibit_rules.some(
    ({ source_matchers, target_matchers, equal }) =>
      matches(by, source_matchers) &&
      matches(target, target_matchers) &&
      equal.every((label) => target[label] === by[label]),
  );
}

const of = (alertname: string, severity: string, instance = 'a'): Labels => ({
  alertname,
  severity,
  job: 'shop',
  instance,
});

describe('prometheus/alertmanager.yml', () => {
  it('is what amtool takes for a configuration', { skip: needsAmtool }, () => {
    amtool('check-config', file);
  });

  it('names no alert that there is not', () => {
    for (const [name] of text.matchAll(/\bSynfin\w+/g)) assert.ok(alertNames.has(name), name);
  });

  for (const { alert, labels } of alerts) {
    const receiver = labels.severity === 'critical' ? 'pager' : 'tickets';
    it(`sends ${alert} (${labels.severity}) to ${receiver}`, { skip: needsAmtool }, () => {
      const sent = [`alertname=${alert}`, `severity=${labels.severity}`, 'job=shop', 'instance=a'];
      amtool('config', 'routes', 'test', `--config.file=${file}`, `--verify.receivers=${receiver}`, ...sent);
    });
  }

  it('sends what is not of synfin nowhere but to the tickets', { skip: needsAmtool }, () => {
    const sent = ['alertname=OtherAlert', 'severity=critical'];
    amtool('config', 'routes', 'test', `--config.file=${file}`, '--verify.receivers=tickets', ...sent);
  });

  it('makes one message of the instances of a service', () => {
    assert.deepEqual(config.route.group_by, ['alertname', 'job']);
  });

  it('says when it is over, to placeholders, with secrets from files', () => {
    for (const { webhook_configs } of config.receivers)
      for (const { url, send_resolved, http_config } of webhook_configs) {
        assert.equal(send_resolved, true);
        assert.match(new URL(url).hostname, /\.example\.org$/);
        assert.deepEqual(Object.keys((http_config as { authorization: object }).authorization), ['credentials_file']);
      }
  });

  it('critical → no ticket for the same of the same process', () => {
    const critical = of('SynfinCloseWaitLeak', 'critical');
    assert.ok(isInhibited(of('SynfinCloseWaitLeak', 'warning'), critical));
    assert.ok(!isInhibited(of('SynfinCloseWaitLeak', 'warning', 'b'), critical));
    assert.ok(!isInhibited(of('SynfinUnreadData', 'warning'), critical));
    assert.ok(!isInhibited(critical, of('SynfinCloseWaitLeak', 'warning')));
    assert.ok(!isInhibited({ ...critical, alertname: 'OtherAlert', severity: 'warning' }, critical));
  });

  it('an agent that does not look → no ticket for what rests on it, and nobody sleeps through what is critical', () => {
    for (const silent of ['SynfinAgentNotReporting', 'SynfinAgentNotLooking']) {
      const source = of(silent, 'warning');
      const spared = new Set([...alertNames].filter((name) => !isInhibited(of(name, 'warning'), source)));
      assert.deepEqual(
        spared,
        new Set(['SynfinDescriptorsRunningOut', 'SynfinAgentNotReporting', 'SynfinAgentNotLooking']),
      );
      for (const name of alertNames) {
        assert.ok(!isInhibited(of(name, 'critical'), source), name);
        assert.ok(!isInhibited(of(name, 'warning', 'b'), source), name);
      }
    }
  });
});
