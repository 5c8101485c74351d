import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, describe, it } from 'node:test';
import type { Observation } from '../../src/connection/observation.ts';
import type { RecordingHeader } from '../../src/recording/header.ts';
import { type BadLine, decodeLine } from '../../src/recording/line.ts';
import { run } from '../system/run.ts';

const root = mkdtempSync(join(tmpdir(), 'synfin-recorder-'));
after(() => rmSync(root, { recursive: true, force: true }));

const program = (name: string) => resolve('build/test/recorder/programs', `${name}.js`);
let directories = 0;
function directory(): string {
  const made = join(root, `${++directories}`);
  mkdirSync(made);
  return made;
}

type Line = RecordingHeader | Observation | BadLine;
const decoded = (path: string): Line[] => {
  const text = readFileSync(path, 'utf8');
  assert.ok(text.endsWith('\n'), `${path} ends with a whole line`);
  return text.slice(0, -1).split('\n').map(decodeLine);
};
const numbers = (lines: readonly Line[]) => lines.flatMap((one) => (one.kind === 'row' ? [one.at / 1e6] : []));
const partOf = (header: Line | undefined) => (header?.kind === 'recording' ? header.part : 0);
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('a process that ends', () => {
  for (const [how, code] of [
    ['naturally', 0],
    ['exit', 3],
    ['throw', 1],
  ] as const)
    it(`${how}: what it had written is in the file, to the last line`, async () => {
      const path = join(directory(), 'app.ndjson');
      const ended = await run([program('ends'), path, '5000', how]);
      assert.equal(ended.code, code, ended.stderr);
      assert.deepEqual(numbers(decoded(path)), upTo(5000));
    });

  it('with parts that have yet to begin: each has its header, in one file if need be', async () => {
    const path = join(directory(), 'app.ndjson');
    await run([program('ends'), path, '5000', 'exit', '20000']);
    const files = readdirSync(dirname(path)).map((name) => decoded(join(dirname(path), name)));
    const inOrder = files.toSorted(([one], [other]) => partOf(one) - partOf(other)).flat();
    assert.deepEqual(numbers(inOrder), upTo(5000));
    const parts = [...new Set(inOrder.flatMap((one) => (one.kind === 'recording' ? [one.part] : [])))];
    assert.ok(parts.length > 40, `${parts.length} parts of 20 kB in 1 MB`);
    assert.deepEqual(parts, upTo(parts.length));
  });

  it('killed: of what is in the file no line but the last is torn, and the next process puts it aside', async () => {
    const path = join(directory(), 'app.ndjson');
    const killed = await run([program('ends'), path, '5000', 'kill']);
    assert.equal(killed.signal, 'SIGKILL');
    const text = readFileSync(path, 'utf8').split('\n').slice(0, -1).map(decodeLine);
    assert.ok(text.every(({ kind }) => kind !== 'bad_line'));
    await run([program('ends'), path, '10']);
    assert.deepEqual(readdirSync(join(path, '..')).sort(), ['app.ndjson', 'app.ndjson.1']);
    assert.deepEqual(numbers(decoded(path)), upTo(10));
  });
});

const tmpfs =
  spawnSync('unshare', ['-m', 'sh', '-c', 'mount -t tmpfs none /mnt']).status === 0
    ? false
    : 'needs unshare -m, and to mount a tmpfs';

describe('a disk that is full', () => {
  it('one notice; no line is torn; what is missing is told of; it goes on when there is room', {
    skip: tmpfs,
  }, async () => {
    const [made, kept] = [directory(), directory()];
    const script = `mount -t tmpfs -o size=512k none ${made} && "$0" "$@" && cp ${made}/app.ndjson* ${kept}`;
    const ended = await run([program('full-disk'), made], { under: ['unshare', '-m', 'sh', '-c', script] });
    assert.equal(ended.code, 0, ended.stderr);
    const { said, before, written, dropped } = JSON.parse(ended.stdout);
    assert.match(ended.stderr, /^nothing is recorded to .*app\.ndjson now: ENOSPC.*It needs room on the disk.*\n$/);
    assert.deepEqual(readdirSync(kept), ['app.ndjson']);
    const lines = decoded(join(kept, 'app.ndjson'));
    assert.ok(lines.every(({ kind }) => kind !== 'bad_line'));
    const rows = numbers(lines);
    assert.deepEqual(rows.slice(0, before), upTo(before));
    assert.equal(rows.at(-1), said);
    const missing = lines.flatMap((one) => (one.kind === 'lost' ? [one.count] : [])).reduce((sum, one) => sum + one, 0);
    assert.deepEqual([rows.length + missing, missing], [said, dropped]);
    assert.ok(written > before && missing > 0);
  });
});

describe('processes that end while their file is made', () => {
  it('leave next to nothing behind: of 24, files of those that a thread was just making', async () => {
    const path = join(directory(), 'app.ndjson');
    for (let n = 0; n < 24; n++) assert.equal((await run([program('early'), path, `${n % 8}`])).code, 0);
    const names = readdirSync(join(path, '..'));
    const left = names.filter((name) => name.endsWith('.tmp'));
    assert.ok(left.length <= 3, left.join(' '));
  });

  it('killed: what is left of it is removed by whoever records there later, and nothing else is', async () => {
    const path = join(directory(), 'app.ndjson');
    const at = (name: string) => join(path, '..', name);
    const left = ['app.ndjson.17-0123456789abcdef.tmp', 'app.18.ndjson.18-0123456789abcdef.tmp'];
    const kept = ['app.ndjson.tmp', 'other.ndjson.17-0123456789abcdef.tmp', 'app.ndjson.19-0123456789abcdef.tmp'];
    for (const name of [...left, ...kept]) writeFileSync(at(name), '');
    for (const name of [...left, ...kept.slice(0, 2)]) utimesSync(at(name), 1, 1);
    await run([program('ends'), path, '10']);
    assert.deepEqual(readdirSync(join(path, '..')).sort(), ['app.ndjson', ...kept].sort());
  });
});

describe('several that record to the same path at once', () => {
  for (const [kind, count] of [
    ['children', 8],
    ['cluster', 4],
    ['threads', 4],
  ] as const)
    for (const old of ['nothing', 'a recording'])
      it(`${kind}, ${count}, where there was ${old}: each has a file of its own, and every line is whole`, async () => {
        const path = join(directory(), 'app.ndjson');
        if (old === 'a recording') await run([program('ends'), path, '10']);
        const ended = await run([program('many'), path, kind, `${count}`], { limitMs: 60_000 });
        assert.deepEqual([ended.code, ended.stderr], [0, '']);
        rmSync(`${path}.here`, { recursive: true });
        const byRun = new Map<string, number[]>();
        const names = readdirSync(join(path, '..'));
        for (const name of names) {
          assert.match(name, /^app(\.\d+)?(\.\d+)?(\.[\da-f]{16})?\.ndjson(\.[12])?$/);
          const [header, ...lines] = decoded(join(path, '..', name));
          assert.equal(header?.kind, 'recording', name);
          assert.ok(
            lines.every((one) => one.kind === 'row' || one.kind === 'lost'),
            name,
          );
          const { run: of } = header as RecordingHeader;
          byRun.set(of, [...(byRun.get(of) ?? []), ...numbers(lines)]);
        }
        const whole = [...byRun.values()].filter((rows) => rows.length > 10 || old === 'nothing');
        assert.equal(whole.length, count + 1, names.join(' '));
        // 1000 lines are two or three parts and a bit: whatever was kept ends with the last one, and holds none twice.
        for (const rows of whole) {
          assert.ok(rows.includes(1000));
          assert.equal(new Set(rows).size, rows.length);
        }
      });

  it('more than a hundred beside: the oldest whose writers are gone make room, and nothing else does', async () => {
    const path = join(directory(), 'app.ndjson');
    const at = (name: string) => join(path, '..', name);
    const gone = (pid: number) =>
      `${JSON.stringify({ kind: 'recording', version: 1, run: `${pid}`, pid, thread: 0, writer: { boot: 'another' } })}\n`;
    for (let pid = 1; pid <= 110; pid++) {
      writeFileSync(at(`app.${pid}.ndjson`), gone(pid));
      utimesSync(at(`app.${pid}.ndjson`), pid, pid);
    }
    writeFileSync(at('app.7.ndjson'), 'not ours\n');
    utimesSync(at('app.7.ndjson'), 1, 1);
    const ended = await run([program('many'), path, 'children', '1']);
    assert.deepEqual([ended.code, ended.stderr], [0, '']);
    const names = readdirSync(join(path, '..')).filter((name) => /^app\.\d+\.ndjson$/.test(name));
    assert.ok(names.length <= 100, `${names.length}`);
    assert.ok(names.includes('app.7.ndjson') && names.includes('app.110.ndjson') && !names.includes('app.5.ndjson'));
    assert.equal(statSync(at('app.7.ndjson')).size, 9);
  });
});
