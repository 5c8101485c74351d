import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { Finding } from '../../src/index.ts';
import { type Ended, fixture, jsonLines, kernelNeeds, Program, register } from './run.ts';

const directory = mkdtempSync(join(tmpdir(), 'synfin-record-'));
after(() => rmSync(directory, { recursive: true }));

const leaks = fixture('leaks.mjs');
const env = { SYNFIN_FINDINGS: 'json', SYNFIN_INTERVAL_MS: '200', SYNFIN_CLOSE_WAIT_MS: '800' };

/** A program that is told of a leak, mends it, is told that it is over, and ends by itself. */
function run(record: string, under: readonly string[] = []): Promise<Ended> {
  const args = ['--import', register, leaks, 'a pause that ends'];
  const recording = record === '' ? {} : { SYNFIN_RECORD: record };
  return new Program(args, { env: { ...env, ...recording }, under, limitMs: 60_000 }).ended;
}

/** How it ended and what it was told, without what differs from run to run. */
function outcome({ code, signal, stdout, stderr }: Ended) {
  const all = jsonLines<Finding & { notice?: string }>(stderr);
  const told = all.filter(({ kind }) => kind !== undefined).map(({ status, cause }) => `${status} ${cause}`);
  return {
    code,
    signal,
    stdout,
    first: told[0],
    last: told.at(-1),
    notices: all.flatMap(({ notice }) => notice ?? []),
  };
}

const mounts =
  process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', directory]).status === 0
    ? false
    : 'needs root, unshare and mount, for a disk that is full';

describe('a program that is recorded', { skip: kernelNeeds, concurrency: 2 }, () => {
  const without = run('').then(outcome);

  it('ends and is told as without', async () => {
    const record = join(directory, 'plain.ndjson');
    assert.deepEqual(outcome(await run(record)), await without);
    assert.ok(existsSync(record));
  });

  it('to a place that is not there: the same, and one notice', async () => {
    const { notices, ...rest } = outcome(await run(join(directory, 'no/such/place.ndjson')));
    assert.deepEqual({ ...rest, notices: [] }, await without);
    assert.equal(notices.length, 1, notices.join('\n'));
    assert.match(notices[0] ?? '', /nothing is recorded to .*place\.ndjson.*ENOENT/);
  });

  it('over a file that is no recording: the same, one notice, and the file is left as it is', async () => {
    const { notices, ...rest } = outcome(await run(leaks));
    assert.deepEqual({ ...rest, notices: [] }, await without);
    assert.match(notices.join('\n'), /is no recording, and is left as it is/);
    assert.match(readFileSync(leaks, 'utf8'), /^\/\/ node leaks\.mjs/);
  });

  it('to a disk that gets full: the same, and one notice', { skip: mounts }, async () => {
    const under = ['unshare', '-m', 'sh', '-c', `mount -t tmpfs -o size=16k none ${directory} && exec "$0" "$@"`];
    const { notices, ...rest } = outcome(await run(join(directory, 'full.ndjson'), under));
    assert.deepEqual({ ...rest, notices: [] }, await without);
    assert.equal(notices.length, 1, notices.join('\n'));
    assert.match(notices[0] ?? '', /ENOSPC/);
  });

  it('while the disk takes long: libuv’s threads are all busy, and nothing waits for them', async () => {
    const record = join(directory, 'slow.ndjson');
    const args = ['--import', register, fixture('slow-disk.mjs')];
    const program = new Program(args, { env: { ...env, SYNFIN_RECORD: record, UV_THREADPOOL_SIZE: '1' } });
    const { code, stdout } = await program.ended;
    assert.equal(code, 0);
    const [{ longestMs = Number.NaN, written = '?' } = {}] = jsonLines<{ longestMs: number; written: boolean }>(stdout);
    // The one thread was busy for four seconds: had anybody waited, a turn of the loop would have been as long.
    assert.ok(longestMs < 2000, `${longestMs} ms`);
    assert.equal(written, false, 'nothing could be written meanwhile');
    assert.match(readFileSync(record, 'utf8'), /"event":"accepted"/, 'and is there in the end');
  });
});
