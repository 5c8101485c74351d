import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { causesOf, findingKinds, leakCauses } from '../src/detectors/kinds.ts';
import { columnsOf } from '../src/explain/columns.ts';
import { leakSnippets } from '../src/explain/leak-snippets.ts';
import { chinese } from '../src/explain/messages.zh.ts';
import { phrases } from '../src/explain/zh/phrases.ts';

const english = readFileSync('README.md', 'utf8');
const readme = readFileSync('README.zh.md', 'utf8');

/** Between these two, which must be there. */
function part(from: string, to: string): string {
  const [start, end] = [readme.indexOf(from), readme.indexOf(to)];
  assert.ok(start >= 0 && end > start, `${from} … ${to}`);
  return readme.slice(start, end);
}

const named = (text: string) => [...text.matchAll(/`(\w+)`/g)].map(([, name]) => name);
const told = (causes: readonly string[]) => causes.filter((cause) => cause !== 'unknown');

describe('the README in Chinese', () => {
  it('each of the two knows of the other', () => {
    assert.ok(english.includes('(README.zh.md)') && readme.includes('(README.md)'));
  });

  it('its commands are those of the English one, told to speak Chinese', () => {
    const commands = readme.match(/^(?:SYNFIN_LANG=zh )?(?:npm|node) .*$/gm) ?? [];
    assert.ok(commands.length >= 3 && commands.some((command) => command.includes('SYNFIN_LANG=zh')));
    for (const command of commands) {
      const plain = command.replace('SYNFIN_LANG=zh ', '');
      assert.match(english, new RegExp(`^${plain.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?: +#.*)?$`, 'm'));
    }
  });

  it('has each kind in its table, with its causes, and no other', () => {
    const rows = [...part('| kind |', '| 为什么').matchAll(/^\| `(\w+)` \|[^|]*\|(.*)\|$/gm)];
    assert.deepEqual(
      rows.map(([, kind, causes = '']) => [kind, named(causes)]),
      findingKinds.map((kind) => [kind, causesOf[kind] === leakCauses ? [] : told(causesOf[kind])]),
    );
  });

  it('has each cause of a leak in its table, and no other', () => {
    const rows = [...part('| 为什么', '## 中文').matchAll(/^\| (`.*?) \|/gm)];
    assert.deepEqual(rows.flatMap(([, causes = '']) => named(causes)).toSorted(), told(leakCauses).toSorted());
  });

  it('the finding that it shows is in the words that synfin has now, within 100 columns', () => {
    const shown = part('<!-- finding:start -->', '<!-- finding:end -->');
    const { title, wire, turn, outcome, causes } = chinese.close_wait_leak;
    const { seen, advice } = causes.fetch_body_not_consumed;
    const text = shown.replaceAll(/\n {9}| /g, '');
    for (const sentence of [title, seen, wire, turn, outcome, advice])
      assert.ok(text.includes(sentence.replaceAll(' ', '')), sentence);
    for (const label of ['what', 'wire', 'turn', 'from', 'fix', 'code', 'socket'] as const)
      assert.match(shown, new RegExp(`^ {2}${phrases.labels[label]} +\\S`, 'm'));
    for (const line of leakSnippets.fetch_body_not_consumed ?? []) assert.ok(shown.includes(`${line}\n`), line);
    for (const line of shown.split('\n')) assert.ok(columnsOf(line) <= 100, line);
  });

  it('a space where Chinese meets Latin letters, numbers and code, and none beside its punctuation', () => {
    const prose = readme.replaceAll(/```[\s\S]*?```|\]\([^)]*\)|\*\*/g, '');
    assert.doesNotMatch(prose, /\p{Script=Han}[\w`]|[\w`]\p{Script=Han}/u);
    assert.doesNotMatch(prose, /[，。：；！？、（）「」] \S|\S [，。：；！？、（）「」]|\p{Script=Han}[,;:!?]/u);
  });
});
