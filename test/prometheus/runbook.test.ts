import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { causesOf, findingKinds } from '../../src/detectors/kinds.ts';
import { optionTable } from '../../src/options.ts';
import { findingEvent } from '../../src/telemetry/finding-events.ts';
import { alertNames, alerts } from './alerting.ts';
import { knownNames } from './names.ts';

const page = readFileSync('docs/runbook.md', 'utf8');

const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), section]),
);

/** Each section answers these, in this order. */
const questions = ['What it means.', 'Find the line.', 'Do now.', 'Change in the code.', 'It is over', 'A false alarm'];

const variables = new Set<string>(Object.values(optionTable).map(({ variable }) => variable));

const words = [...page.matchAll(/`([^`\n]+)`/g)].map(([, word = '']) => word);

const commands = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = '']) => block.trim().split('\n'));

describe('docs/runbook.md', () => {
  it('has a section for every alert, in their order, and no other', () => {
    assert.deepEqual([...sections.keys()], [...alertNames]);
  });

  for (const [name, section] of sections)
    it(`${name}: says what it means, how to find the line, what to do, when it is over and when it is wrong`, () => {
      const answered = [...section.matchAll(/^\*\*([^*]+)\*\*/gm)].map(([, question]) => question);
      assert.deepEqual(answered, questions);
    });

  it('leads to sections and pages that there are', () => {
    const anchors = new Set([...alertNames].map((name) => `#${name.toLowerCase()}`));
    for (const [, target = ''] of page.matchAll(/\]\(([^)]+)\)/g))
      assert.ok(target.startsWith('#') ? anchors.has(target) : existsSync(`docs/${target}`), target);
    for (const { annotations } of alerts)
      assert.ok(anchors.has(new URL(annotations.runbook_url ?? '').hash), annotations.runbook_url);
  });

  it('names metrics, attributes, labels, EventNames and options that there are', () => {
    for (const [name] of page.matchAll(/\bsynfin[._][a-z][a-z0-9._]*[a-z0-9]/g)) assert.ok(knownNames.has(name), name);
    for (const [name] of page.matchAll(/\bSYNFIN_[A-Z_]+/g)) assert.ok(variables.has(name), name);
    for (const [name] of page.matchAll(/\bSynfin[A-Z]\w+/g)) assert.ok(alertNames.has(name), name);
  });

  it('names dashboards that there are', () => {
    const titles = readdirSync('dashboards')
      .filter((name) => name.endsWith('.json'))
      .map((name) => (JSON.parse(readFileSync(`dashboards/${name}`, 'utf8')) as { title: string }).title);
    const named = [...page.matchAll(/dashboard\s\*([^*]+)\*/g)].map(([, title]) => title ?? '');
    assert.ok(named.length > 0);
    for (const title of named) assert.ok(titles.includes(title), title);
  });

  it('names the kind of a finding only with its EventName, and causes that there are', () => {
    for (const [, kind = '', event] of page.matchAll(/finding `(\w+)`, EventName\s`([a-z_.]+)`/g)) {
      assert.ok(kind in findingEvent, kind);
      assert.equal(event, findingEvent[kind as keyof typeof findingEvent]);
    }
    const known = new Set<string>([...findingKinds, ...Object.values(causesOf).flat(), ...knownNames]);
    const others = new Set(['tcp_tw_reuse', 'tcp_max_tw_buckets', 'call_site', 'runbook_url', 'established']);
    for (const word of words.filter((word) => /^[a-z]+(?:_[a-z0-9]+)+$/.test(word)))
      assert.ok(known.has(word) || others.has(word), word);
  });

  it('tells the numbers of the rules as they are', () => {
    const budget = alerts.find(({ alert }) => alert === 'SynfinAgentOverBudget');
    assert.match(budget?.expr ?? '', /> 0\.015$/m);
    assert.equal(Number(optionTable.cpuBudget.default) * 1.5, 0.015);
    assert.match(sections.get('SynfinAgentOverBudget') ?? '', /0\.015/);
  });

  for (const command of commands)
    it(`has a command that works: ${command}`, (test) => {
      for (const part of command.split('|')) {
        const program = part.trim().split(' ')[0] ?? '';
        if (spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0) return test.skip(`needs ${program}`);
      }
      if (command.includes('/proc/') && !existsSync('/proc/self/fd')) return test.skip('needs Linux with /proc');
      const { status, stderr } = spawnSync('sh', ['-c', command], {
        encoding: 'utf8',
        timeout: 60_000,
        env: { ...process.env, PID: String(process.pid) },
      });
      assert.equal(status, 0, stderr);
      assert.equal(stderr, '');
    });
});
