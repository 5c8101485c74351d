import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../../src/monotonic.ts';
import { Recorder, type RecorderLimits, type RecorderPorts } from '../../src/recorder/recorder.ts';
import type { RecordingHeader } from '../../src/recording/header.ts';
import { decodeLine, encodeObservation } from '../../src/recording/line.ts';
import { row, socketId } from '../connection/observations.ts';

const root = mkdtempSync(join(tmpdir(), 'synfin-recorder-'));
after(() => rmSync(root, { recursive: true, force: true }));

let directories = 0;
function directory(): string {
  const made = join(root, `${++directories}`);
  mkdirSync(made);
  return made;
}

interface Recording {
  readonly recorder: Recorder;
  readonly notices: string[];
  readonly began: number[];
}

const quick: Partial<RecorderLimits> = { gatherMs: 5, retryMs: 100 };

function record(path: string, limits: Partial<RecorderLimits> = {}, ports: Partial<RecorderPorts> = {}): Recording {
  const notices: string[] = [];
  const began: number[] = [];
  const recorder = new Recorder({
    path,
    about: { synfin: '0.1.0', options: { closeWaitMs: 30_000 } },
    now,
    tell: (message) => notices.push(message),
    began: (part) => began.push(part),
    limits: { ...quick, ...limits },
    ...ports,
  });
  return { recorder, notices, began };
}

const line = (n: number) => encodeObservation(row(socketId(n), n, 'established'));

function decoded(path: string) {
  const text = readFileSync(path, 'utf8');
  assert.ok(text.endsWith('\n'), 'the last line is whole');
  return text.slice(0, -1).split('\n').map(decodeLine);
}

/** The numbers of the rows in it, every other line being what is expected there. */
function rows(path: string): number[] {
  const [first, ...rest] = decoded(path);
  assert.equal(first?.kind, 'recording');
  assert.ok(rest.every((one) => one.kind === 'row' || one.kind === 'lost'));
  return rest.flatMap((one) => (one.kind === 'row' ? [one.at / 1e6] : []));
}

const headerOf = (path: string) => decoded(path)[0] as RecordingHeader;

async function until(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + 15_000;
  while (!holds()) {
    assert.ok(performance.now() < end, `in 15 s: ${what}`);
    await sleep(5);
  }
}

describe('a recording', () => {
  it('no line → no file', async () => {
    const path = join(directory(), 'app.ndjson');
    await record(path).recorder.end();
    assert.equal(existsSync(path), false);
  });

  it('begins with a header, and holds every line in its order; nobody else may read it', async () => {
    const path = join(directory(), 'app.ndjson');
    const { recorder, notices, began } = record(path);
    for (let n = 1; n <= 5000; n++) recorder.write(line(n));
    await recorder.end();
    assert.deepEqual(
      rows(path),
      Array.from({ length: 5000 }, (_, index) => index + 1),
    );
    assert.deepEqual([recorder.written, recorder.dropped, notices, began], [5000, 0, [], []]);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const { part, pid, thread, options, pseudonyms } = headerOf(path);
    assert.deepEqual([part, pid, thread, options, pseudonyms], [1, process.pid, 0, { closeWaitMs: 30_000 }, false]);
  });

  it('is written soon after, with no more lines to come', async () => {
    const path = join(directory(), 'app.ndjson');
    const { recorder } = record(path);
    recorder.write(line(1));
    await until('the first is written', () => recorder.written === 1);
    recorder.write(line(2));
    await until('the second is written', () => recorder.written === 2);
    assert.deepEqual(rows(path), [1, 2]);
    await recorder.end();
  });

  it('what is written after its end is dropped and counted', async () => {
    const { recorder } = record(join(directory(), 'app.ndjson'));
    await recorder.end();
    recorder.write(line(1));
    assert.deepEqual([recorder.written, recorder.dropped], [0, 1]);
  });

  it('more than may wait: what is over is dropped, told of where it is missing, and what is open is told again', async () => {
    const path = join(directory(), 'app.ndjson');
    const { recorder, began } = record(path, { queueBytes: 20 * line(10).length });
    for (let n = 10; n < 60; n++) recorder.write(line(n));
    await until('what waited is written', () => recorder.written > 0);
    const dropped = recorder.dropped;
    assert.ok(dropped > 20);
    recorder.write(line(99));
    await recorder.end();
    const kinds = decoded(path).map(({ kind }) => kind);
    assert.deepEqual(kinds.slice(-2), ['lost', 'row']);
    const lost = decoded(path).at(-2) as { count: number };
    assert.equal(lost.count, dropped);
    assert.deepEqual(began, [1]);
  });
});

describe('parts', () => {
  it('a file that is full is put aside, two are kept, and each begins with a header of the same run', async () => {
    const path = join(directory(), 'app.ndjson');
    const { recorder, began } = record(path, { partBytes: 10 * line(100).length });
    for (let n = 100; n < 155; n++) recorder.write(line(n));
    await recorder.end();
    const files = [`${path}.2`, `${path}.1`, path];
    assert.deepEqual(readdirSync(join(path, '..')).sort(), ['app.ndjson', 'app.ndjson.1', 'app.ndjson.2']);
    assert.deepEqual(
      files.map((file) => headerOf(file).part),
      [4, 5, 6],
    );
    assert.equal(new Set(files.map((file) => headerOf(file).run)).size, 1);
    const kept = files.flatMap(rows);
    assert.deepEqual(
      kept,
      Array.from({ length: kept.length }, (_, index) => 155 - kept.length + index),
    );
    assert.deepEqual(began, [2, 3, 4, 5, 6]);
  });

  it('what is told again at the beginning of a part stands before the line that came next', async () => {
    const path = join(directory(), 'app.ndjson');
    const began = () => recorder.write(line(1000));
    const { recorder } = record(path, { partBytes: 3 * line(1).length }, { began });
    for (let n = 1; n <= 4; n++) recorder.write(line(n));
    await recorder.end();
    assert.deepEqual(
      [rows(`${path}.1`), rows(path)],
      [
        [1, 2, 3],
        [1000, 4],
      ],
    );
  });

  it('what an earlier process left is put aside; what is empty is replaced', async () => {
    const path = join(directory(), 'app.ndjson');
    for (const n of [1, 2]) {
      const { recorder } = record(path);
      recorder.write(line(n));
      await recorder.end();
    }
    assert.deepEqual([rows(`${path}.1`), rows(path)], [[1], [2]]);
    truncateSync(path);
    const { recorder } = record(path);
    recorder.write(line(3));
    await recorder.end();
    assert.deepEqual([rows(`${path}.1`), rows(path)], [[1], [3]]);
  });

  for (const [what, act] of [
    ['moved', (path: string) => renameSync(path, `${path}.moved`)],
    ['removed', (path: string) => rmSync(path)],
    ['emptied', (path: string) => truncateSync(path)],
  ] as const)
    it(`a file that somebody has ${what} while it was written: a new part begins there`, async () => {
      const path = join(directory(), 'app.ndjson');
      const { recorder, notices, began } = record(path);
      recorder.write(line(1));
      await until('the first is written', () => recorder.written === 1);
      act(path);
      for (let n = 2; began.length === 0; n++) {
        recorder.write(line(n));
        await sleep(20);
      }
      recorder.write(line(1000));
      await recorder.end();
      assert.equal(headerOf(path).part, 2);
      assert.equal(rows(path).at(-1), 1000);
      assert.deepEqual([notices, began], [[], [2]]);
      if (what === 'moved') assert.equal(rows(`${path}.moved`)[0], 1);
    });
});

describe('where it cannot be written to', () => {
  /** One line on stderr, and nothing happens to what is there. */
  async function refused(path: string, why: RegExp): Promise<void> {
    const { recorder, notices } = record(path);
    recorder.write(line(1));
    await until('it was told', () => notices.length > 0);
    await sleep(120);
    recorder.write(line(2));
    await recorder.end();
    assert.equal(notices.length, 1);
    assert.match(notices[0] ?? '', why);
    assert.ok(notices[0]?.includes(path));
    assert.deepEqual([recorder.written, recorder.dropped], [0, 2]);
  }

  it('a directory that is not there', () =>
    refused(join(directory(), 'none', 'app.ndjson'), /ENOENT.*It needs a directory that is there/));
  it('below a file', () => refused('/proc/self/exe/app.ndjson', /It needs a directory/));
  it('a directory', () => refused(directory(), /is a directory\./));
  it('a device', () => refused('/dev/full', /is a device\./));
  it('a symbolic link', () => {
    const path = join(directory(), 'app.ndjson');
    symlinkSync('/dev/null', path);
    return refused(path, /is a symbolic link\./);
  });
  it('a FIFO, which is not waited for', { skip: process.platform === 'win32' && 'needs mkfifo' }, () => {
    const path = join(directory(), 'app.ndjson');
    execFileSync('mkfifo', [path]);
    return refused(path, /is a FIFO\./);
  });
  it('a file of somebody else, which stays as it is', async () => {
    const path = join(directory(), 'app.log');
    writeFileSync(path, 'GET / 200\n');
    await refused(path, /is no recording.*another name/);
    assert.equal(readFileSync(path, 'utf8'), 'GET / 200\n');
    assert.deepEqual(readdirSync(join(path, '..')), ['app.log']);
  });

  it('a directory that comes later: recorded from then on, as the first part', async () => {
    const path = join(directory(), 'later', 'app.ndjson');
    const { recorder, notices } = record(path);
    recorder.write(line(1));
    await until('it was told', () => notices.length > 0);
    mkdirSync(join(path, '..'));
    for (let n = 2; recorder.written === 0; n++) {
      recorder.write(line(n));
      await sleep(20);
    }
    await recorder.end();
    const [header, lost] = decoded(path);
    assert.equal((header as RecordingHeader).part, 1);
    assert.ok(lost?.kind === 'lost' && lost.count >= 1);
    assert.equal(notices.length, 1);
  });

  it('a directory that is removed while it is written, and comes back', async () => {
    const path = join(directory(), 'gone', 'app.ndjson');
    mkdirSync(join(path, '..'));
    const { recorder, notices } = record(path);
    recorder.write(line(1));
    await until('the first is written', () => recorder.written === 1);
    rmSync(join(path, '..'), { recursive: true });
    for (let n = 2; notices.length === 0; n++) {
      recorder.write(line(n));
      await sleep(20);
    }
    mkdirSync(join(path, '..'));
    for (let n = 100; !existsSync(path); n++) {
      recorder.write(line(n));
      await sleep(20);
    }
    await recorder.end();
    assert.equal(headerOf(path).part, 2);
    assert.equal(decoded(path)[1]?.kind, 'lost');
    assert.equal(notices.length, 1);
  });
});
