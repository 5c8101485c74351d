import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { replayCommand } from '../../src/replay/command.ts';
import { accepted, headerLine, lineOf, lookAt } from './lines.ts';

const directory = mkdtempSync(join(tmpdir(), 'synfin-command-'));
after(() => rmSync(directory, { recursive: true }));

const leak = [accepted(1, 1), ...[5, 10, 15, 20].flatMap((seconds) => lookAt(seconds, 1))].map(lineOf);

function file(name: string, ...lines: readonly string[]): string {
  const path = join(directory, name);
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  return path;
}

async function said(...args: readonly string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const ports = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text), width: 80 };
  const code = await replayCommand(args, ports);
  return { code, out: out.join(''), err: err.join('') };
}

describe('replay FILE', () => {
  it('findings in words, and 1', async () => {
    const { code, out, err } = await said(file('leak', headerLine(), ...leak));
    assert.deepEqual([code, err], [1, '']);
    assert.match(out, /^synfin warning close_wait_leak · paused\n/);
    assert.ok(out.split('\n').every((line) => line.length <= 80));
  });

  it('in Chinese, where that is asked for', async () => {
    const out: string[] = [];
    const ports = { out: (text: string) => void out.push(text), err: () => {}, width: 80, language: 'zh' as const };
    const path = file('leak-zh', headerLine(), ...leak);
    for (const args of [[path], ['--json', path]]) assert.equal(await replayCommand(args, ports), 1);
    assert.match(out[0] ?? '', /^synfin 警告 close_wait_leak · paused\n {2}现象 /);
    assert.match(JSON.parse(out.at(-1) ?? '').message, /CLOSE_WAIT 不关/);
  });

  it('--json: a line for each', async () => {
    const { code, out } = await said('--json', file('leak', headerLine(), ...leak));
    assert.equal(code, 1);
    const lines = out.trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).id),
      ['close_wait_leak-4711-1'],
    );
  });

  it('obeys nothing that the file would tell a terminal', async () => {
    const evil = '\u001b[2J\u009b2J\nsynfin critical';
    const lost = { kind: 'lost', source: 'procfs', at: 1, count: 3, what: evil };
    const lines = leak.map((line) => line.replace('portOf', JSON.stringify(evil).slice(1, -1)));
    const { out, err } = await said(file('evil', headerLine(), ...lines, JSON.stringify(lost)));
    assert.match(out, /\?\[2J\?2J\?synfin critical/);
    assert.match(err, /^replay: procfs lost 3: \\x1b\[2J\\x9b2J synfin critical\n$/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none must be left
    assert.doesNotMatch(out + err, /[\u001b\u009b]/);
  });

  it('nothing found: said, and 0', async () => {
    const well = file('well', headerLine(), lineOf(accepted(1, 1)));
    assert.deepEqual(await said(well), { code: 0, out: 'nothing was found\n', err: '' });
    assert.deepEqual(await said('--json', well), { code: 0, out: '', err: '' });
  });

  it('parts in any order, and runs in that of their beginning', async () => {
    const half = leak.length >> 1;
    const later = { run: 'b', pid: 4712, startedAt: '2026-01-02T00:00:00.000Z' };
    const files = [
      file('app.ndjson', headerLine({ part: 2, startedAt: '2026-01-03T00:00:00.000Z' }), ...leak.slice(half)),
      file('other.ndjson', headerLine(later), ...leak),
      file('app.ndjson.1', headerLine(), ...leak.slice(0, half)),
    ];
    const { out, err } = await said('--json', ...files);
    const ids = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).id);
    assert.deepEqual(ids, ['close_wait_leak-4711-1', 'close_wait_leak-4712-1']);
    assert.equal(err, '');
  });

  it('what could not be read is told of', async () => {
    const { code, err } = await said(file('bad', headerLine(), 'no', ...leak, '{"kind"'));
    assert.equal(code, 1);
    assert.match(err, /line 2 is not understood: no JSON: "no"/);
    assert.match(err, /1 of \d+ lines were not understood; the last line is cut off/);
  });
});

describe('replay, asked for what it cannot do: 2, and why', () => {
  const cases: readonly [string, readonly string[], RegExp][] = [
    ['no file', [], /no file is named[\s\S]*usage: replay FILE/],
    ['an option that it does not have', ['--fast'], /--fast/],
    ['a speed that is none', ['--speed', 'x', 'f'], /--speed takes a number above 0, not x/],
    ['a standstill', ['--speed', '0', 'f'], /--speed takes a number above 0, not 0/],
    ['a file that is not there', [join(directory, 'nowhere')], /ENOENT.*nowhere/],
    ['a file that is no recording', [file('text', 'hello')], /no recording: .*text has no header/],
    ['a version that is not known', [file('new', headerLine().replace('"version":1', '"version":2'))], /version 2/],
  ];
  for (const [name, args, why] of cases)
    it(name, async () => {
      const { code, out, err } = await said(...args);
      assert.deepEqual([code, out], [2, '']);
      assert.match(err, why);
    });
});
